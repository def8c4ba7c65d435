"""The kernel distance against loops over pairs, and its freedom of bias."""

import itertools

import numpy as np
import pytest

from tfvae.evaluation.kernel_distance import block_size_of, kernel_distance, mmd


def by_loops(a, b):
    """Gretton et al. 2012, equation 3, pair by pair."""

    def kernel(x, y):
        return (sum(p * q for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3

    within = [
        np.mean([kernel(x, y) for x, y in itertools.permutations(points, 2)]) for points in (a.tolist(), b.tolist())
    ]
    return sum(within) - 2 * np.mean([kernel(x, y) for x in a.tolist() for y in b.tolist()])


def test_agrees_with_loops(rng):
    a, b = rng.normal(size=(12, 4)), rng.normal(size=(9, 4)) + 0.3
    assert mmd(a, b) == pytest.approx(by_loops(a, b), rel=1e-10)
    # One block of all images, in another order, is the same estimate.
    assert kernel_distance(a[:9], b, block_size=9).value == pytest.approx(by_loops(a[:9], b), rel=1e-10)


def test_two_halves_of_one_set_are_at_zero(rng):
    scores = []
    for _ in range(40):
        features = rng.normal(size=(400, 6)) ** 2
        found = kernel_distance(features[:200], features[200:], block_size=20)
        scores.append(found.value / found.standard_error)
    # Each is a t variable of 9 degrees of freedom, of variance 9/7: the mean of 40 has a deviation of 0.18.
    assert abs(np.mean(scores)) < 4 * 0.18
    assert 0.7 < np.std(scores) < 1.8  # and the standard error is what it says


def test_closed_form_of_two_constants():
    # Sets of one point each, repeated: k(x,x) + k(y,y) − 2 k(x,y).
    a, b = np.tile([1.0, 0.0], (10, 1)), np.tile([0.0, 2.0], (10, 1))
    found = kernel_distance(a, b, block_size=5)
    assert found.value == pytest.approx(1.5**3 + 3.0**3 - 2)
    assert found.standard_error == pytest.approx(0, abs=1e-12)


def test_blocks_follow_the_seed(rng):
    a, b = rng.normal(size=(100, 3)), rng.normal(size=(120, 3))
    assert kernel_distance(a, b, 10, seed=1) == kernel_distance(a, b, 10, seed=1)
    assert kernel_distance(a, b, 10, seed=1).value != kernel_distance(a, b, 10, seed=2).value


def test_sizes_of_blocks(rng):
    assert [block_size_of(count) for count in (20, 99, 1000, 10_000, 50_000)] == [10, 10, 100, 1000, 1000]
    with pytest.raises(ValueError, match="blocks of 11 images of 10 and 20"):
        kernel_distance(rng.normal(size=(10, 2)), rng.normal(size=(20, 2)), 11)
    with pytest.raises(ValueError, match="blocks of 1 images"):
        kernel_distance(rng.normal(size=(10, 2)), rng.normal(size=(20, 2)), 1)
