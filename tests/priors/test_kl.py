"""KL(q ‖ p) against the closed form in numpy; the one-sample default agrees with it on average."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.posteriors import Gaussian
from tfvae.priors import PRIORS, StandardNormal
from tfvae.priors.base import Prior

tfd = tfp.distributions


def built(prior, latent_dim):
    prior.build((None, latent_dim))
    return prior


def gaussian(mean, stddev):
    return tfd.Independent(tfd.Normal(tf.constant(mean, tf.float32), tf.constant(stddev, tf.float32)), 1)


def test_closed_form_against_numpy(rng):
    mean, stddev = rng.normal(size=(50, 3)) * 3, np.exp(rng.normal(size=(50, 3)))
    kl = built(StandardNormal(), 3).kl(gaussian(mean, stddev), None)
    # Kingma and Welling 2014, appendix B.
    np.testing.assert_allclose(kl, 0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev), rtol=1e-4, atol=1e-5)
    assert (np.asarray(kl) >= 0).all()


def test_zero_at_the_prior_and_only_there():
    prior = built(StandardNormal(), 2)
    np.testing.assert_array_equal(prior.kl(gaussian([[0.0, 0.0]], [[1.0, 1.0]]), None), [[0.0, 0.0]])
    np.testing.assert_array_less(0, prior.kl(gaussian([[0.1, 0.0]], [[1.0, 0.9]]), None))


@pytest.mark.parametrize("name", PRIORS)
def test_one_sample_estimate_agrees_with_the_prior_s_own_on_average(name, rng):
    prior, draws = built(PRIORS[name](), 3), 20_000
    q = gaussian(np.tile(rng.normal(size=(1, 3)), (draws, 1)), np.tile(np.exp(rng.normal(size=(1, 3))), (draws, 1)))
    z = q.mean() + q.stddev() * rng.normal(size=(draws, 3)).astype(np.float32)
    estimate = np.asarray(tf.reduce_sum(Prior.kl(prior, q, z), axis=-1))
    own = np.asarray(tf.reduce_sum(prior.kl(q, z), axis=-1))
    assert Prior.kl(prior, q, z).shape == (draws, 1)
    assert abs(estimate.mean() - own.mean()) < 5 * estimate.std() / np.sqrt(draws)


@pytest.mark.parametrize("name", PRIORS)
def test_rows_depend_on_their_own_seed_and_temperature_only(name):
    prior = built(PRIORS[name](), 4)
    seeds, temperatures = np.int32([[0, 0], [0, 1], [0, 0]]), np.float32([1.0, 0.5, 1.0])
    together = np.asarray(prior.sample(seeds, temperatures))
    assert together.shape == (3, 4)
    np.testing.assert_array_equal(together[0], together[2])
    assert not np.allclose(together[0], together[1])
    for row in range(3):
        np.testing.assert_array_equal(together[row], prior.sample(seeds[row, None], temperatures[row, None])[0])


def test_temperature_multiplies_the_spread():
    prior, seeds = built(StandardNormal(), 6), np.int32([[3, 4], [3, 4]])
    warm, cold = prior.sample(seeds, np.float32([1.0, 0.25]))
    np.testing.assert_allclose(cold, 0.25 * warm, rtol=1e-6)


def test_draws_are_standard_normal():
    draws = np.asarray(built(StandardNormal(), 200).sample(np.int32([[i, 7] for i in range(50)]), np.ones(50, "f")))
    # The Kolmogorov distance of 10,000 exact draws is below 0.0195 in 999 of 1,000 cases.
    assert scipy.stats.kstest(draws.ravel(), "norm").statistic < 0.0195


@pytest.mark.parametrize("name", PRIORS)
def test_call_is_the_log_density(name, rng):
    prior, latents = built(PRIORS[name](), 2), rng.normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_array_equal(prior(latents), prior.distribution().log_prob(latents))


def test_standard_normal_log_density_against_scipy(rng):
    latents = rng.normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(
        built(StandardNormal(), 2)(latents), scipy.stats.norm.logpdf(latents).sum(axis=1), rtol=1e-5
    )


def test_an_unknown_number_of_latents_is_refused():
    with pytest.raises(ValueError, match=r"latents of shape \(None, None\): the number of latents must be known"):
        StandardNormal().build((None, None))


@pytest.mark.parametrize("raw", [-1e9, -30.0, 30.0, 1e9])
@pytest.mark.parametrize("stddev", ["exp", "softplus"])
def test_kl_and_its_gradient_are_finite_for_extreme_standard_deviations(stddev, raw):
    params = tf.constant([[0.5, raw]])
    with tf.GradientTape() as tape:
        tape.watch(params)
        kl = built(StandardNormal(), 1).kl(Gaussian(stddev=stddev).distribution(params), None)
    assert np.isfinite(kl).all()
    assert np.isfinite(tape.gradient(kl, params)).all()
