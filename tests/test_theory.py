"""The bound against exact answers: a linear-Gaussian VAE, whose log p(x) is known; "MSE + w·KL" of the literature."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae import VAE, objectives
from tfvae.evaluation.marginal import log_marginal
from tfvae.evaluation.restored import functions_of
from tfvae.likelihoods import Gaussian
from tfvae.likelihoods.base import Likelihood, as_float32, independent
from tfvae.networks import MLP
from tfvae.priors import StandardNormal
from tfvae.priors.base import Prior

SHAPE, LATENTS, SIGMA = (2, 3, 1), 2, 0.5
DIMS = 6
DRAWS = 20_000


@keras.saving.register_keras_serializable("tests")
class LinearGaussian(Likelihood):
    """x ~ N(decoder(z), σ²I), with no squashing of the mean: what makes log p(x) known."""

    def distribution(self, params):
        return independent(tfp.distributions.Normal(as_float32(params), SIGMA))


@keras.saving.register_keras_serializable("tests")
class SampledKL(StandardNormal):
    """The standard normal prior with the one-sample estimate of the KL."""

    def kl(self, posterior, latents):
        return Prior.kl(self, posterior, latents)


class Oracle:
    """p(x) = N(b, WWᵀ + σ²I); W has orthogonal columns, so that the true posterior is diagonal."""

    def __init__(self, rng):
        self.w = np.linalg.qr(rng.normal(size=(DIMS, LATENTS)))[0] * [1.5, 0.4]
        self.b = rng.normal(size=DIMS)
        self.gain = self.w.T / (np.sum(self.w**2, axis=0) + SIGMA**2)[:, None]  # E[z|x] = gain·(x − b)
        self.stddev = SIGMA / np.sqrt(np.sum(self.w**2, axis=0) + SIGMA**2)
        self.x = rng.multivariate_normal(self.b, self.w @ self.w.T + SIGMA**2 * np.eye(DIMS), size=5)
        self.log_p = scipy.stats.multivariate_normal(self.b, self.w @ self.w.T + SIGMA**2 * np.eye(DIMS)).logpdf(self.x)

    def elbo(self, mean, stddev):
        """E_q[log p(x|z)] − KL for q = N(mean, diag stddev²), in closed form, (5,)."""
        fit = scipy.stats.norm(scale=SIGMA).logpdf(self.x - self.b - mean @ self.w.T).sum(axis=1)
        spread = np.sum((self.w * stddev) ** 2) / (2 * SIGMA**2)
        return fit - spread - np.sum(0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev), axis=1)


def model_of(oracle, shift=0.0, widen=1.0, prior=None):
    """A VAE whose posterior is the true one, or off it by a shift of the mean and a factor of the deviation."""
    images, latents = keras.Input(SHAPE), keras.Input((LATENTS,))
    encode, decode = keras.layers.Dense(2 * LATENTS), keras.layers.Dense(DIMS)
    encoder = keras.Model(images, encode(keras.layers.Flatten()(images)))
    decoder = keras.Model(latents, keras.layers.Reshape(SHAPE)(decode(latents)))
    model = VAE(encoder, decoder, likelihood=LinearGaussian(), prior=prior, seed=1)
    # The encoder puts out log σ², which the posterior holds softly within ±20: undone here.
    raw = 20 * np.arctanh(np.log(oracle.stddev * widen) / 10)
    encode.set_weights(
        [
            np.concatenate([oracle.gain.T, np.zeros((DIMS, LATENTS))], axis=1),
            np.concatenate([shift - oracle.gain @ oracle.b, raw]),
        ]
    )
    decode.set_weights([oracle.w.T, oracle.b])
    model.compile("adam")
    return model


def draws(model, oracle, seed=(0, 1)):
    """The ELBO of each image with many draws of z, (DRAWS, 5)."""
    images = tf.constant(np.tile(oracle.x, (DRAWS, 1)).reshape(-1, *SHAPE), tf.float32)
    return np.asarray(model.elbo(images, tf.constant(seed)), np.float64).reshape(DRAWS, 5)


@pytest.fixture
def oracle(rng):
    return Oracle(rng)


def test_bound_is_tight_at_the_true_posterior_for_every_draw(oracle):
    # log p(x|z) + log p(z) − log q(z|x) = log p(x) whatever z is.
    found = draws(model_of(oracle, prior=SampledKL()), oracle)
    np.testing.assert_allclose(found, np.broadcast_to(oracle.log_p, found.shape), atol=2e-3)


@pytest.mark.parametrize(("shift", "widen"), [(0.0, 1.0), (0.3, 1.0), (-0.5, 1.0), (0.0, 2.0), (0.2, 0.4)], ids=str)
@pytest.mark.parametrize("prior", [StandardNormal, SampledKL])
def test_bound_is_below_the_exact_log_density_and_equals_its_expectation(oracle, prior, shift, widen):
    found = draws(model_of(oracle, shift, widen, prior()), oracle)
    expected = oracle.elbo((oracle.x - oracle.b) @ oracle.gain.T + shift, oracle.stddev * widen)
    np.testing.assert_array_less(np.abs(found.mean(axis=0) - expected), 5 * found.std(axis=0) / np.sqrt(DRAWS) + 1e-3)
    if (shift, widen) == (0.0, 1.0):
        np.testing.assert_allclose(expected, oracle.log_p, rtol=1e-10)
    else:
        np.testing.assert_array_less(expected, oracle.log_p - 0.01)


def importance_weights(model, oracle, num_samples):
    images = tf.constant(oracle.x.reshape(-1, *SHAPE), tf.float32)
    return np.asarray(model.log_weights(images, num_samples, tf.constant([0, 3])), np.float64)  # (5, K)


def test_importance_weights_are_constant_at_the_true_posterior(oracle):
    found = importance_weights(model_of(oracle), oracle, 100)
    np.testing.assert_allclose(found, np.broadcast_to(oracle.log_p[:, None], (5, 100)), atol=2e-3)


@pytest.mark.parametrize(("shift", "widen"), [(0.3, 1.0), (0.0, 2.0), (0.2, 1.5)], ids=str)
def test_importance_sampling_finds_the_exact_log_density(oracle, shift, widen):
    model = model_of(oracle, shift, widen)
    functions = functions_of(model)
    found = log_marginal(functions.log_weights, np.float32(oracle.x.reshape(-1, *SHAPE)), DRAWS, seed=4, chunk=3000)
    np.testing.assert_array_less(np.abs(found.log_marginal - oracle.log_p), 3 * found.standard_error + 2e-3)
    assert found.standard_error.max() < 0.03
    mean_weight = importance_weights(model, oracle, DRAWS).mean(axis=1)  # without the exponential: the lower bound
    assert np.all(mean_weight < oracle.log_p - 0.01)


def test_validation_loss_is_the_expectation_of_the_negative_bound(oracle):
    model = model_of(oracle, shift=0.3, widen=1.5)
    images = np.tile(oracle.x, (2000, 1)).reshape(-1, *SHAPE)
    batches = tf.data.Dataset.from_tensor_slices(np.float32(images)).batch(999)  # the last one short
    found = model.evaluate(batches, verbose=0, return_dict=True)["loss"]
    expected = -oracle.elbo((oracle.x - oracle.b) @ oracle.gain.T + 0.3, oracle.stddev * 1.5).mean()
    error = draws(model, oracle).std() / np.sqrt(len(images))
    assert abs(found - expected) < 5 * error


@pytest.mark.parametrize("weight", [0.01, 0.5])
def test_literature_s_loss_has_the_gradient_of_the_bound(rng, weight):
    shape, dims, sigma = (4, 4, 1), 16, objectives.scale_of_mse_weight(weight, 16)
    network = MLP(units=(8,))
    model = VAE(network.encoder(shape, 4), network.decoder(2, shape), likelihood=Gaussian(scale=sigma))
    images = tf.constant(rng.random((6, *shape)), tf.float32)
    noise = model.noise(6, tf.constant([0, 1]))
    weights = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        terms = model.terms(images, noise)
        kl = tf.reduce_sum(terms.kl, axis=-1)
        bound = tf.reduce_mean(objectives.negative_elbo(terms.log_likelihood, kl))
        # The literature's, written out anew: mean over pixels and batch, KL in the form of log σ².
        q = model.encode(images)
        variance = tf.square(q.stddev())
        its_kl = 0.5 * tf.reduce_sum(tf.square(q.mean()) + variance - 1 - tf.math.log(variance), axis=-1)
        decoded = model.decode(q.mean() + q.stddev() * noise).mean()
        loss = tf.reduce_mean(tf.square(images - decoded)) + weight * tf.reduce_mean(its_kl)
    # σ²·(−ELBO) = (D/2)·(MSE + w·KL) + constant, with σ² = w·D/2.
    ours, theirs = tape.gradient(bound, weights), tape.gradient(loss, weights)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(sigma**2 * one, dims / 2 * np.asarray(other), rtol=1e-3, atol=1e-5)
    constant = dims / 2 * np.log(2 * np.pi * sigma**2)
    assert float(bound) == pytest.approx(dims / (2 * sigma**2) * float(loss) + constant, rel=1e-4)
