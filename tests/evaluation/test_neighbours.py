"""Neighbours against brute force, and planted faults that they must tell apart."""

import numpy as np
import pytest

from tfvae.evaluation import neighbours
from tfvae.evaluation.neighbours import manifold, nearest, neighbourhoods


def distance(x, y):
    return np.sqrt(np.sum((x - y) ** 2))


def reach(points, index, k):
    """The distance from a point to its kth nearest other point."""
    return sorted(distance(points[index], other) for i, other in enumerate(points) if i != index)[k - 1]


def by_brute_force(real, fake):
    near = [[distance(x, y) for y in fake] for x in real]
    real3 = [reach(real, i, 3) for i in range(len(real))]
    real5 = [reach(real, i, 5) for i in range(len(real))]
    fake3 = [reach(fake, j, 3) for j in range(len(fake))]
    rows, columns = range(len(real)), range(len(fake))
    return (
        [any(near[i][j] <= real3[i] for i in rows) for j in columns],
        [any(near[i][j] <= fake3[j] for j in columns) for i in rows],
        [sum(near[i][j] <= real5[i] for i in rows) / 5 for j in columns],
        [min(near[i]) <= real5[i] for i in rows],
    )


def means(real, fake):
    found = neighbourhoods(manifold(real), manifold(fake))
    return {name: values.mean() for name, values in found._asdict().items()}


@pytest.mark.parametrize("floats", [40 * 30, 7 * 30, 1])
def test_agrees_with_brute_force_in_blocks_of_any_size(rng, monkeypatch, floats):
    monkeypatch.setattr(neighbours, "_FLOATS", floats)
    real, fake = rng.normal(size=(40, 2)), 1.5 * rng.normal(size=(30, 2)) + 0.8
    found = neighbourhoods(manifold(real), manifold(fake))
    for values, expected in zip(found, by_brute_force(real, fake), strict=True):
        assert 0 < values.mean() < 2  # neither none nor all: there is something to get wrong
        np.testing.assert_allclose(values, expected)


def test_same_distribution(rng):
    found = means(rng.normal(size=(600, 4)), rng.normal(size=(600, 4)))
    # Naeem et al. 2020, §3.2: density is 1 on average, and coverage the chance that of all others (N − 1 real, M not)
    # the k nearest to a real image are not all real.
    assert found["density"] == pytest.approx(1, abs=0.1)
    expected = 1 - np.prod([(600 - j) / (1199 - j) for j in range(5)])
    assert found["coverage"] == pytest.approx(expected, abs=0.03)


def test_dropped_classes_cost_recall_and_coverage_but_not_precision(rng):
    centres = 30 * np.eye(4)
    labels = np.arange(400) % 4
    real, fake = (centres[labels] + rng.normal(size=(400, 4)) for _ in range(2))
    whole, dropped = means(real, fake), means(real, fake[np.resize(np.flatnonzero(labels < 2), 400)])
    assert dropped["precision"] == pytest.approx(whole["precision"], abs=0.05)
    assert dropped["recall"] < 0.6 * whole["recall"]
    assert dropped["coverage"] < 0.6 * whole["coverage"]


def test_noise_costs_precision_and_density(rng):
    real, fake = rng.normal(size=(300, 5)), rng.normal(size=(300, 5))
    clean, noisy = means(real, fake), means(real, fake + 3 * rng.normal(size=fake.shape))
    assert noisy["precision"] < 0.5 * clean["precision"]
    assert noisy["density"] < 0.5 * clean["density"]
    assert noisy["coverage"] < clean["coverage"]


def test_shrunk_samples_cost_recall_and_keep_precision(rng):
    real, fake = rng.normal(size=(300, 5)), rng.normal(size=(300, 5))
    clean, shrunk = means(real, fake), means(real, 0.2 * fake)
    assert shrunk["precision"] >= clean["precision"]
    assert shrunk["recall"] < 0.5 * clean["recall"]


def test_copies_are_all_inside(rng):
    real = rng.normal(size=(200, 5)).astype(np.float32)
    found = neighbourhoods(manifold(real), manifold(real[::-1]))
    assert found.precision.all()
    assert found.recall.all()
    assert found.coverage.all()
    # Each ball holds its own image and its five nearest: those on the sphere are inside too.
    assert found.density.mean() == pytest.approx(6 / 5)


@pytest.mark.parametrize("size", [1, 7, 50, 64])
def test_nearest_agrees_with_sorting(rng, size):
    queries, points = rng.normal(size=(9, 3)), rng.normal(size=(50, 3))
    indices, distances = nearest(queries, (points[i : i + size] for i in range(0, 50, size)), k=4)
    every = np.array([[distance(x, y) for y in points] for x in queries])
    np.testing.assert_array_equal(indices, np.argsort(every, axis=1)[:, :4])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :4])


def test_nearest_of_few_points_and_of_copies(rng):
    points = rng.normal(size=(3, 4)).astype(np.float32)
    indices, distances = nearest(points, [points], k=50)
    assert indices.shape == (3, 3)
    np.testing.assert_array_equal(indices[:, 0], [0, 1, 2])
    np.testing.assert_allclose(distances[:, 0], 0, atol=1e-6)
