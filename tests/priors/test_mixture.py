"""The mixture of Gaussians against scikit-learn's and scipy's densities, and what is drawn against what it says."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from tfvae.priors import Mixture, StandardNormal
from tfvae.priors.covariances import COVARIANCES, RIDGE

every_covariance = pytest.mark.parametrize("covariance", COVARIANCES)


@pytest.fixture(scope="module")
def latents():
    """Two clusters, correlated differently, of 900 and 300 vectors."""
    rng = np.random.default_rng(0)
    one = rng.multivariate_normal([2.0, 0.5], [[1.0, 0.7], [0.7, 0.8]], 900)
    other = rng.multivariate_normal([-2.0, 1.0], [[0.3, 0.1], [0.1, 1.5]], 300)
    return rng.permutation(np.concatenate([one, other])).astype(np.float32)


def fitted(latents, covariance, components=2, seed=0):
    prior = Mixture(components, covariance, trainable=False)
    prior.build((None, latents.shape[1]))
    prior.fit(latents, seed)
    return prior


def draws_of(prior, count, seed, temperature=1.0):
    """As many draws, (count, L), in one graph: row by row they would take a minute."""
    seeds = np.stack([np.full(count, seed), np.arange(count)], axis=1).astype(np.int32)
    return np.asarray(tf.function(prior.sample)(seeds, np.full(count, temperature, np.float32)))


def oracle(latents, covariance, components=2):
    """The log density of scikit-learn's mixture, fitted at one go; of semi-tied ones, in coordinates decorrelated."""
    values, factor = latents.astype(np.float64), np.eye(latents.shape[1])
    if covariance == "semi_tied":
        pooled = np.cov(values, rowvar=False)
        factor = np.linalg.cholesky(pooled + RIDGE * np.diag(pooled).mean() * np.eye(len(pooled)))
    inner = values @ np.linalg.inv(factor).T
    mixture = GaussianMixture(
        components,
        covariance_type="full" if covariance == "full" else "diag",
        reg_covar=RIDGE * inner.var(axis=0).mean(),
        random_state=0,
    ).fit(inner)
    return lambda points: mixture.score_samples(points @ np.linalg.inv(factor).T) - np.linalg.slogdet(factor)[1]


@every_covariance
def test_the_fitted_density_against_scikit_learn(latents, covariance, rng):
    points = 3 * rng.normal(size=(50, 2))
    found = fitted(latents, covariance)(points.astype(np.float32))
    np.testing.assert_allclose(found, oracle(latents, covariance)(points), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("covariance", ["semi_tied", "full"])
def test_one_component_is_the_gaussian_with_the_sample_s_moments(latents, covariance, rng):
    points = 3 * rng.normal(size=(50, 2))
    expected = scipy.stats.multivariate_normal(latents.mean(axis=0), np.cov(latents, rowvar=False)).logpdf(points)
    np.testing.assert_allclose(fitted(latents, covariance, 1)(points.astype("f")), expected, rtol=2e-3, atol=1e-2)


@every_covariance
def test_the_density_integrates_to_one(latents, covariance):
    axis = np.linspace(-12, 12, 601)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32)
    density = np.exp(np.asarray(fitted(latents, covariance)(points), np.float64))
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=1e-4)


@every_covariance
def test_draws_have_the_moments_and_the_weights_of_what_was_fitted(latents, covariance):
    count = 6000
    draws = draws_of(fitted(latents, covariance), count, seed=5)
    error = latents.std(axis=0) / np.sqrt(count)
    np.testing.assert_array_less(np.abs(draws.mean(axis=0) - latents.mean(axis=0)), 5 * error)
    np.testing.assert_allclose(draws.var(axis=0), latents.var(axis=0), rtol=0.1)
    assert np.mean(draws[:, 0] > 0) == pytest.approx(np.mean(latents[:, 0] > 0), abs=0.03)


@every_covariance
def test_draws_follow_the_density_in_one_dimension(covariance):
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(-2, 0.5, 400), rng.normal(1, 1.0, 800)]).astype(np.float32)[:, None]
    prior, count = fitted(values, covariance), 3000
    draws = draws_of(prior, count, seed=9)[:, 0]
    axis = np.linspace(-9, 9, 2001, dtype=np.float32)
    cumulative = np.cumsum(np.exp(np.asarray(prior(axis[:, None]), np.float64))) * (axis[1] - axis[0])
    # The Kolmogorov distance of 3,000 exact draws is below 0.0356 in 999 of 1,000 cases.
    assert scipy.stats.kstest(draws, lambda value: np.interp(value, axis, cumulative)).statistic < 0.0356


@every_covariance
def test_temperature_scales_the_distance_from_the_component_s_mean(latents, covariance):
    prior = fitted(latents, covariance)
    cold, half, warm = (draws_of(prior, 40, 3, temperature) for temperature in (0.0, 0.5, 1.0))
    assert len(np.unique(cold.round(4), axis=0)) == 2
    np.testing.assert_allclose(half - cold, 0.5 * (warm - cold), rtol=1e-3, atol=1e-4)


@every_covariance
def test_a_fit_is_a_function_of_latents_and_seed_whatever_the_threads(latents, covariance):
    with threadpool_limits(2):
        two = fitted(latents, covariance, 5)
    with threadpool_limits(1):
        one = fitted(latents, covariance, 5)
    for found, expected in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    other = fitted(latents, covariance, 5, seed=1)
    assert any((a != b).any() for a, b in zip(other.get_weights(), one.get_weights(), strict=True))


def test_progress_is_given_the_rounds(latents):
    seen = []

    def progress(rounds):
        for number in rounds:
            seen.append(number)
            yield number

    prior = Mixture(2)
    prior.build((None, 2))
    prior.fit(latents, 0, progress)
    assert seen == list(range(len(seen)))
    assert 1 <= len(seen) <= 20


@every_covariance
def test_gradients_are_finite_far_away_and_where_latents_coincide(covariance):
    prior = Mixture(3, covariance)
    prior.build((None, 2))
    prior.fit(np.tile(np.float32([[1.0, 2.0], [1.0, 2.0], [-3.0, 0.0]]), (20, 1)), 0)
    latents = tf.constant([[1.0, 2.0], [1e3, -1e3], [0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(latents)
        density = prior(latents)
    variables = [variable.value for variable in prior.trainable_variables]
    assert np.isfinite(density).all()
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(density, [latents, *variables]))


@every_covariance
def test_before_training_it_is_about_standard_normal(covariance):
    prior = Mixture(200, covariance)
    prior.build((None, 3))
    draws = draws_of(prior, 4000, seed=0)
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.25)
    np.testing.assert_allclose(draws.var(axis=0), 1, atol=0.2)


def test_what_is_frozen_and_what_is_trained():
    frozen, single, several = Mixture(3, trainable=False), Mixture(1), Mixture(3)
    for prior in (frozen, single, several):
        prior.build((None, 2))
        assert len(prior.weights) == 4
    assert [len(prior.trainable_variables) for prior in (frozen, single, several)] == [0, 3, 4]


def test_what_cannot_be_fitted_or_built():
    prior = Mixture(3)
    prior.build((None, 2))
    with pytest.raises(ValueError, match=r"29 latent vectors are too few for 3 components: .* at least 30 images"):
        prior.fit(np.zeros((29, 2), np.float32), 0)
    with pytest.raises(ValueError, match=r"shape \(None, 5\) for a prior that has been built for 2"):
        prior.build((None, 5))
    with pytest.raises(ValueError, match="covariance is 'tied': expected one of semi_tied, full, diagonal"):
        Mixture(2, "tied")
    with pytest.raises(NotImplementedError, match="StandardNormal has nothing to fit"):
        StandardNormal().fit(np.zeros((5, 2), np.float32), 0)
