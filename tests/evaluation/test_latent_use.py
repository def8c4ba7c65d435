"""Use of latents where it is known in closed form."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from tfvae.evaluation import latent_use as use


def linear_gaussian(rng, num_images, spread, stddev):
    """Means m ~ N(0, spread²) and posteriors N(m, stddev²): I(x; z) = Σ ½·log(1 + spread²/stddev²)."""
    means = rng.normal(size=(num_images, len(spread))) * spread
    information = 0.5 * np.sum(np.log1p(np.square(spread) / np.square(stddev)))
    return means, np.broadcast_to(stddev, means.shape), float(information)


def test_variance_of_means():
    np.testing.assert_allclose(use.variance_of_means(np.array([[0.0, 1], [2, 1]], np.float32)), [1, 0])


def test_moments_of_two_posteriors():
    """By hand: half N(a, 1), half N(−a, 4) has the mean 0 and the covariance aaᵀ + 2.5·I."""
    a = np.array([1.0, -3.0])
    mean, covariance = use.aggregate_moments(np.stack([a, -a]), np.array([[1.0, 1], [2, 2]]))
    np.testing.assert_allclose(mean, [0, 0])
    np.testing.assert_allclose(covariance, np.outer(a, a) + 2.5 * np.eye(2))


def test_moments_are_those_of_draws(rng):
    means, stddevs = rng.normal(0.7, 1, (5, 3)) @ rng.normal(size=(3, 3)), rng.uniform(0.2, 2, (5, 3))
    mean, covariance = use.aggregate_moments(means, stddevs)
    many = 100_000
    _, latents = use.draw(np.repeat(means, many // 5, axis=0), np.repeat(stddevs, many // 5, axis=0), many, rng)
    scale = np.sqrt(np.diag(covariance))
    assert (np.abs(latents.mean(axis=0) - mean) < 4 * scale / math.sqrt(many)).all()
    assert (np.abs(np.cov(latents.T) - covariance) < 8 * np.outer(scale, scale) / math.sqrt(many)).all()


def test_correlation(rng):
    values = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3))
    np.testing.assert_allclose(use.correlation(np.cov(values.T)), np.corrcoef(values.T))


def test_draws_are_of_different_images(rng):
    means = np.arange(50.0)[:, None] * [1, 2]
    rows, latents = use.draw(means, np.full((50, 2), 1e-9), 30, rng)
    assert len(set(rows.tolist())) == 30
    np.testing.assert_allclose(latents, means[rows], atol=1e-6)
    assert len(use.draw(means, means, 80, rng)[0]) == 50


def test_log_posterior_is_that_of_scipy(rng):
    latents, means, stddevs = rng.normal(size=(4, 3)), rng.normal(size=(6, 3)), rng.uniform(0.01, 3, (6, 3))
    expected = stats.norm.logpdf(latents[:, None], means, stddevs).sum(axis=-1)
    np.testing.assert_allclose(use.log_posterior(latents, means, stddevs), expected)


@pytest.mark.parametrize("held", [1, 30, 10_000])
def test_terms_are_those_of_the_definition(rng, monkeypatch, held):
    monkeypatch.setattr(use, "_HELD", held)  # chunks of one, of some, and of all rows
    means, stddevs = rng.normal(size=(12, 2)), rng.uniform(0.3, 1, (12, 2))
    rows, terms = use.information(means, stddevs, 9, np.random.default_rng(5))
    rows_too, latents = use.draw(means, stddevs, 9, np.random.default_rng(5))
    np.testing.assert_array_equal(rows, rows_too)
    densities = stats.norm.logpdf(latents[:, None], means, stddevs).sum(axis=-1)
    expected = densities[np.arange(9), rows] - (logsumexp(densities, axis=1) - math.log(12))
    np.testing.assert_allclose(terms, expected)


@pytest.mark.parametrize("stddev", [0.5, 1.0, 3.0])
def test_information_of_a_linear_gaussian_encoder(rng, stddev):
    means, stddevs, expected = linear_gaussian(rng, 5000, np.array([1.0, 0.5]), np.array([stddev, stddev]))
    _, terms = use.information(means, stddevs, 2000, rng)
    # The means are a sample too, which adds about as much spread again.
    assert abs(terms.mean() - expected) < 4 * terms.std() / math.sqrt(1000)


def test_information_has_a_ceiling(rng):
    means, stddevs, true = linear_gaussian(rng, 300, np.ones(8), np.full(8, 0.01))
    _, terms = use.information(means, stddevs, 300, rng)
    assert true > 30
    np.testing.assert_allclose(terms, math.log(300))


def test_no_information_in_collapsed_latents(rng):
    _, terms = use.information(np.zeros((400, 3)), np.ones((400, 3)), 400, rng)
    np.testing.assert_allclose(terms, 0, atol=1e-12)


def test_marginal_kl_of_a_known_aggregate(rng):
    """q(z) = N(c, spread² + stddev²), whose KL to N(0, 1) is known."""
    spread, stddev, centre = 0.8, 0.9, 0.7
    means, stddevs, _ = linear_gaussian(rng, 5000, np.array([spread]), np.array([stddev]))
    means = means + centre
    kl = 0.5 * (means**2 + stddev**2 - 1 - 2 * math.log(stddev))[:, 0]
    found = use.marginal_kl(kl, *use.information(means, stddevs, 2000, rng))
    variance = spread**2 + stddev**2
    assert abs(found.value - 0.5 * (variance + centre**2 - 1 - math.log(variance))) < 4 * found.standard_error
    assert found.standard_error < 0.05


def test_error_of_the_marginal_kl_is_its_spread(rng):
    """Over many samples of images; the mean KL is of all, the information of a part."""
    values, errors = [], []
    for _ in range(300):
        kl = rng.normal(size=60)
        rows = rng.permutation(60)[:20]
        found = use.marginal_kl(kl, rows, 0.5 * kl[rows] + 0.3 * rng.normal(size=20))
        values.append(found.value)
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.12)


def test_collapse_is_warned_of():
    assert use.collapse(kl=0.02, active=0, latents=32).startswith("Posterior collapse")
    assert use.collapse(kl=0.6, active=3, latents=3).startswith("Posterior collapse")
    assert use.collapse(kl=25, active=19, latents=50).startswith("Only 19 of 50")
    assert use.collapse(kl=25, active=25, latents=50) == ""
