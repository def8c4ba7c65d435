"""The Fréchet distance against closed forms and SciPy's root of a matrix."""

import numpy as np
import pytest
from scipy import linalg

from tfvae.evaluation.frechet import frechet_distance


def by_matrix_root(a, b):
    """The definition, with the root of the product of covariances itself."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    difference = a.mean(0) - b.mean(0)
    root = linalg.sqrtm(one @ other)
    return difference @ difference + np.trace(one + other - 2 * root.real)


def correlated(rng, count, features):
    return rng.normal(size=(count, features)) @ rng.normal(size=(features, features)) + rng.normal(size=features)


def test_agrees_with_the_root_of_the_matrix(rng):
    a, b = correlated(rng, 80, 6), correlated(rng, 50, 6)
    assert frechet_distance(a, b) == pytest.approx(by_matrix_root(a, b), rel=1e-9)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), rel=1e-12)


@pytest.mark.parametrize(("first", "second"), [(8, 9), (8, 200), (200, 8)])
def test_fewer_images_than_features(rng, first, second):
    # Turned into a space of 30 features, no distance between points changes.
    narrow = correlated(rng, first, 12), correlated(rng, second, 12)
    basis, _ = np.linalg.qr(rng.normal(size=(30, 12)))
    wide = [points @ basis.T for points in narrow]
    assert frechet_distance(*wide) == pytest.approx(frechet_distance(*narrow), rel=1e-9)
    one, other = (np.cov(points, rowvar=False) for points in narrow)
    # The trace by the eigenvalues of a symmetric product, for which singular covariances are no matter.
    values, vectors = linalg.eigh(other)
    half = vectors * np.sqrt(np.where(values > 1e-10, values, 0)) @ vectors.T
    root = np.sqrt(np.clip(linalg.eigvalsh(half @ one @ half), 0, None)).sum()
    difference = narrow[0].mean(0) - narrow[1].mean(0)
    expected = difference @ difference + np.trace(one) + np.trace(other) - 2 * root
    assert frechet_distance(*narrow) == pytest.approx(expected, rel=1e-5)


def test_closed_form_of_a_tiny_shift_and_a_stretch(rng):
    a = rng.normal(size=(500, 4))
    shift = np.array([1e-4, 0, -2e-4, 0])
    assert frechet_distance(a, a + shift) == pytest.approx(5e-8, rel=1e-4)
    # Of a Gaussian and itself stretched c times about its mean: (c − 1)² tr Σ.
    stretched = a.mean(0) + 1.5 * (a - a.mean(0))
    assert frechet_distance(a, stretched) == pytest.approx(0.25 * np.trace(np.cov(a, rowvar=False)), rel=1e-9)
    assert frechet_distance(a, a[::-1]) == pytest.approx(0, abs=1e-12)


def test_gaussians_by_their_moments(rng):
    # N(0, I) and N(m, s² I) in F dimensions are |m|² + F (1 − s)² apart.
    a, b = rng.normal(size=(100_000, 3)), 2 + 3 * rng.normal(size=(100_000, 3))
    assert frechet_distance(a, b) == pytest.approx(12 + 3 * 4, rel=0.02)


def test_float32_features_far_from_the_origin_lose_nothing(rng):
    a, b = (rng.normal(size=(60, 5)).astype(np.float32) + 100 for _ in range(2))
    assert frechet_distance(a, b) == pytest.approx(by_matrix_root(a, b), rel=1e-6)
