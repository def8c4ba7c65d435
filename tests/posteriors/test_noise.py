"""Posteriors and the noise they are reparameterised from."""

import numpy as np
import pytest
import tensorflow as tf
import variants

from tfvae.posteriors import POSTERIORS, Gaussian

ALL = variants.params(POSTERIORS)


def make(registry, component):
    return registry[component.name](**component.options)


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_noise_is_a_function_of_the_seed(registry, component):
    posterior = make(registry, component)
    first, again, other = (np.asarray(posterior.noise([4, 3], tf.constant(seed))) for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_noise_has_unit_moments(registry, component):
    noise = np.asarray(make(registry, component).noise([40_000, 2], tf.constant([0, 5])), np.float64)
    error = 5 / np.sqrt(noise.shape[0])
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=error)
    np.testing.assert_allclose(noise.var(axis=0), 1.0, atol=2 * error)
    assert abs(np.corrcoef(noise.T)[0, 1]) < error


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_reparameterised_latents_have_the_posterior_s_moments(registry, component, rng):
    posterior, draws = make(registry, component), 40_000
    params = tf.constant(np.tile(rng.normal(size=(1, 3 * posterior.params_per_latent)), (draws, 1)), tf.float32)
    q = posterior.distribution(params)
    z = np.asarray(posterior.reparameterize(q, posterior.noise([draws, 3], tf.constant([0, 9]))), np.float64)
    mean, stddev = np.asarray(q.mean())[0], np.asarray(q.stddev())[0]
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=5 * stddev.max() / np.sqrt(draws))
    np.testing.assert_allclose(z.std(axis=0), stddev, rtol=5 / np.sqrt(draws))
    np.testing.assert_array_equal(posterior(params), q.mean())


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_distribution_is_float32_whatever_the_network_computes_in(registry, component):
    posterior = make(registry, component)
    params = tf.zeros((2, 4 * posterior.params_per_latent), tf.bfloat16)
    q = posterior.distribution(params)
    assert (q.dtype, q.batch_shape, q.event_shape) == (tf.float32, (2,), (4,))


@pytest.mark.parametrize(
    ("stddev", "expected"),
    [
        # The encoder puts out log σ², held between −20 and 6.
        ("exp", lambda raw: np.exp(np.where(raw < 0, 10 * np.tanh(raw / 20), 3 * np.tanh(raw / 6)))),
        ("softplus", lambda raw: np.logaddexp(0, raw) + 1e-6),
    ],
    ids=["exp", "softplus"],
)
def test_standard_deviation_against_numpy(stddev, expected):
    raw = np.linspace(-60, 60, 41)
    params = tf.constant(np.stack([np.zeros_like(raw), raw], axis=1), tf.float32)
    found = np.asarray(Gaussian(stddev=stddev).distribution(params).stddev())[:, 0]
    np.testing.assert_allclose(found, expected(raw), rtol=1e-4)
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("raw", [-2.0, -1.0, 0.0])  # posteriors narrower than the prior
def test_exp_is_close_to_the_plain_exponential_where_training_is(raw):
    found = Gaussian().distribution(tf.constant([[0.0, raw]])).stddev()
    assert np.asarray(found).item() == pytest.approx(np.exp(raw / 2), rel=0.004)


def test_unknown_standard_deviation_is_refused():
    with pytest.raises(ValueError, match="stddev is 'sigmoid': expected one of exp, softplus"):
        Gaussian(stddev="sigmoid")


def test_first_half_of_the_parameters_is_the_mean():
    q = Gaussian(stddev="softplus").distribution(tf.constant([[1.0, 2.0, 0.5, -0.5]]))
    np.testing.assert_allclose(q.mean(), [[1.0, 2.0]])
    np.testing.assert_allclose(q.stddev(), [np.log1p(np.exp([0.5, -0.5])) + 1e-6], rtol=1e-6)


@pytest.mark.parametrize(("registry", "component"), variants.params(POSTERIORS))
def test_parameters_of_a_mean_and_a_standard_deviation(registry, component):
    posterior = registry[component.name](**component.options)
    mean, stddev = np.array([[-2.0, 0.0, 5.0, 0.3]]), np.array([[1e-3, 0.7, 1.0, 2.5]])
    q = posterior.distribution(tf.constant(posterior.params_of(mean, stddev), tf.float32))
    np.testing.assert_allclose(q.mean(), mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q.stddev(), stddev, rtol=1e-3)
