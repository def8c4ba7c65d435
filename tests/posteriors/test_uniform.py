"""The uniform posterior: its interval, its density and its KL against numerical integration."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae import VAE
from tfvae.networks import MLP
from tfvae.posteriors import Uniform
from tfvae.priors import StandardNormal
from tfvae.priors.base import Prior

tfd = tfp.distributions
PLACE, WIDTH = [0.3, -1.0, 2.0], [0.5, 1.5, 0.02]
# Noise uniform in [0, 1), or in [−1, 1): z = m + v·ε.
ENDS = {"above": (0.0, 1.0), "around": (-1.0, 1.0)}


def posterior(interval, place=PLACE, width=WIDTH):
    # The encoder puts out log v², which is held softly between −20 and 6: undone here.
    log_width = np.log(width)
    limit = np.where(log_width < 0, 10.0, 3.0)
    raw = 2 * limit * np.arctanh(log_width / limit)
    return Uniform(interval), Uniform(interval).distribution(tf.constant([[*place, *raw]], tf.float32))


@pytest.mark.parametrize("interval", ENDS)
def test_latents_fill_the_interval_evenly(interval):
    layer, q = posterior(interval)
    draws = np.asarray(layer.reparameterize(q, layer.noise([20_000, 1, 3], tf.constant([0, 1]))))[:, 0]
    for latent, place, width in zip(draws.T, PLACE, WIDTH, strict=True):
        low, high = (place + end * width for end in ENDS[interval])
        uniform = scipy.stats.uniform(low, high - low)
        assert scipy.stats.kstest(latent, uniform.cdf).statistic < 1.95 / np.sqrt(len(latent))
        assert latent.min() >= low - 1e-6
        assert latent.max() <= high + 1e-6


@pytest.mark.parametrize("interval", ENDS)
def test_density_is_one_over_the_width(interval):
    _, q = posterior(interval)
    below, above = ENDS[interval]
    expected = -np.sum(np.log((above - below) * np.array(WIDTH)))
    np.testing.assert_allclose(q.log_prob(q.mean()), [expected], rtol=1e-3)


@pytest.mark.parametrize("interval", ENDS)
def test_kl_against_numerical_integration(interval):
    _, q = posterior(interval)
    prior = StandardNormal()
    prior.build((None, 3))
    found = np.asarray(prior.kl(q, None))[0]
    for kl, place, width in zip(found, PLACE, WIDTH, strict=True):
        low, high = (place + end * width for end in ENDS[interval])

        def ratio(z, w=high - low):
            return (-np.log(w) - scipy.stats.norm.logpdf(z)) / w

        assert kl == pytest.approx(scipy.integrate.quad(ratio, low, high)[0], rel=1e-3)


def test_kl_of_the_interval_nearest_to_the_prior():
    # −log w + log(2π)/2 + w²/24 is least at w = √12; a KL of zero is not to be had.
    widths = np.linspace(3.0, 4.0, 21)
    _, q = posterior("around", np.zeros(21), widths / 2)
    prior = StandardNormal()
    prior.build((None, 21))
    kl = np.asarray(prior.kl(q, None))[0]
    assert kl.min() == pytest.approx(0.5 + 0.5 * np.log(2 * np.pi) - 0.5 * np.log(12), abs=1e-4)
    assert widths[kl.argmin()] == pytest.approx(np.sqrt(12), abs=0.05)


def test_kl_agrees_with_the_one_sample_estimate(rng):
    layer, q = posterior("above")
    prior = StandardNormal()
    prior.build((None, 3))
    z = layer.reparameterize(q, layer.noise([20_000, 1, 3], tf.constant([0, 4])))
    estimate = np.asarray(q.log_prob(z) - prior.distribution().log_prob(z))[:, 0]
    own = np.asarray(prior.kl(q, None)).sum()
    assert abs(estimate.mean() - own) < 5 * estimate.std() / np.sqrt(len(estimate)) + 1e-3
    assert Prior.kl(prior, q, z[0]).shape == (1, 1)


@pytest.mark.parametrize("interval", ENDS)
@pytest.mark.parametrize("place", [0.0, 3.0, -50.0])
def test_rounding_puts_no_latent_outside(interval, place):
    layer, q = posterior(interval, [place], [1e-4])
    ends = np.float32([-np.sqrt(3), np.sqrt(3)])[:, None, None]
    noise = tf.concat([ends, layer.noise([50_000, 1, 1], tf.constant([0, 2]))], axis=0)
    assert np.isfinite(q.log_prob(layer.reparameterize(q, noise))).all()


@pytest.mark.parametrize("raw", [-1e9, -30.0, 30.0, 1e9])
def test_extreme_widths_have_a_finite_kl_and_gradient(raw):
    params = tf.constant([[0.5, raw]])
    prior = StandardNormal()
    prior.build((None, 1))
    with tf.GradientTape() as tape:
        tape.watch(params)
        kl = prior.kl(Uniform().distribution(params), None)
    assert np.isfinite(kl).all()
    assert np.isfinite(tape.gradient(kl, params)).all()


def test_gradients_pass_through_the_latents():
    params = tf.constant([[0.5, -1.0]])
    layer = Uniform("above")
    with tf.GradientTape() as tape:
        tape.watch(params)
        z = layer.reparameterize(layer.distribution(params), tf.constant([[1.0]]))
    by_place, by_width = np.asarray(tape.gradient(z, params))[0]
    assert by_place == pytest.approx(1.0)
    # z = m + v·ε with ε = (1 + 1/√3)/2 in [0, 1), and dv/d(log v²) = v/2.
    assert by_width == pytest.approx((1 + 1 / np.sqrt(3)) / 2 * np.exp(-0.5) / 2, rel=0.02)


def test_importance_weights_are_finite(rng):
    network = MLP(units=(4,))
    model = VAE(network.encoder((4, 4, 1), 4), network.decoder(2, (4, 4, 1)), posterior=Uniform("above"))
    weights = model.log_weights(tf.constant(rng.random((3, 4, 4, 1)), tf.float32), 500, tf.constant([0, 1]))
    assert np.isfinite(weights).all()


def test_unknown_interval_is_refused():
    with pytest.raises(ValueError, match="interval is 'below': expected one of above, around"):
        Uniform("below")
