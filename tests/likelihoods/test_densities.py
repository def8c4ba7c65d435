"""Every likelihood is normalised, and its mean, samples and log-density are of one distribution."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf
import variants

from tfvae.likelihoods import LIKELIHOODS
from tfvae.likelihoods.scales import HIGHEST, LOWEST

ALL = variants.params(LIKELIHOODS)
ON_UNIT_INTERVAL = {"continuous_bernoulli"}  # of those with support "interval"; the others are on the real line
LOCATIONS = (-3.0, -0.01, 0.0, 1.5)  # raw, before the sigmoid; the continuous Bernoulli has a hole at 0
SCALES = (-1.5, 0.5)  # raw


def make(registry, component):
    return registry[component.name](**component.options)


def raw_params(likelihood):
    """Decoder outputs of single pixels to try, (k,) each."""
    if likelihood.params_per_channel == 1:
        return [np.array([location], np.float32) for location in LOCATIONS]
    return [np.array([location, scale], np.float32) for location in LOCATIONS for scale in SCALES]


def pixel_log_prob(likelihood, values, raw):
    """log p of the values (N,) of one pixel, each on its own."""
    images = np.asarray(values, np.float32).reshape(-1, 1, 1, 1)
    params = np.broadcast_to(raw, (len(images), 1, 1, len(raw)))
    return np.asarray(likelihood.log_prob(images, tf.constant(params)), np.float64)


def support(component, likelihood):
    """Values of the support, and the measure of each: 1 of masses, trapezoid weights of densities."""
    if likelihood.support != "interval":
        values = np.linspace(0.0, 1.0, {"binary": 2, "levels": 256}[likelihood.support])
        return values, np.ones_like(values)
    low, high = (0.0, 1.0) if component.name in ON_UNIT_INTERVAL else (-25.0, 26.0)
    values = np.linspace(low, high, 102_001)
    weights = np.full_like(values, values[1] - values[0])
    weights[[0, -1]] /= 2
    return values, weights


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_integrates_or_sums_to_one(registry, component):
    likelihood = make(registry, component)
    values, measure = support(component, likelihood)
    for raw in raw_params(likelihood):
        total = np.sum(measure * np.exp(pixel_log_prob(likelihood, values, raw)))
        assert total == pytest.approx(1.0, abs=2e-4), raw


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_mean_is_that_of_the_density_and_of_samples(registry, component):
    likelihood = make(registry, component)
    values, measure = support(component, likelihood)
    for raw in raw_params(likelihood):
        distribution = likelihood.distribution(tf.constant(raw.reshape(1, 1, 1, -1)))
        mean = float(distribution.mean()[0, 0, 0, 0])
        density = measure * np.exp(pixel_log_prob(likelihood, values, raw))
        assert mean == pytest.approx(np.sum(density * values), abs=3e-4), raw
        assert 0.0 <= mean <= 1.0
        samples = np.asarray(distribution.sample(20_000, seed=(1, 2))).ravel()
        assert abs(samples.mean() - mean) < 5 * samples.std() / np.sqrt(samples.size), raw
        if likelihood.support != "interval" or component.name in ON_UNIT_INTERVAL:
            assert samples.min() >= 0.0
            assert samples.max() <= 1.0
        if likelihood.support != "interval":
            nearest = values[np.abs(samples[:, None] - values).argmin(axis=1)]
            np.testing.assert_allclose(samples, nearest, atol=1e-6)


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_log_prob_is_the_float32_sum_over_pixels_and_channels(registry, component, rng):
    likelihood = make(registry, component)
    k, shape = likelihood.params_per_channel, (2, 3, 4, 3)
    images = rng.integers(0, 2, shape).astype(np.float32)
    params = tf.constant(rng.normal(size=(2, 3, 4, 3 * k)), tf.bfloat16)
    joint = likelihood.log_prob(images, params)
    assert joint.dtype == tf.float32
    assert joint.shape == (2,)
    joint = np.asarray(joint)
    # Channel c reads parameter c of each kind, which come kind after kind.
    raw = np.asarray(tf.cast(params, tf.float32)).reshape(2, 3, 4, k, 3)
    for row in range(2):
        pixels = [
            pixel_log_prob(likelihood, [images[row, y, x, c]], raw[row, y, x, :, c])[0]
            for y, x, c in np.ndindex(3, 4, 3)
        ]
        assert joint[row] == pytest.approx(np.sum(pixels), rel=1e-5)


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_extreme_parameters_give_finite_values_and_gradients(registry, component):
    likelihood = make(registry, component)
    values = np.array([0.0, 1.0], np.float32) if likelihood.support == "binary" else np.array([0.0, 0.6, 1.0])
    for location in (-1e4, 0.0, 1e4):
        for scale in (-1e9, 0.0, 1e9) if likelihood.params_per_channel == 2 else (None,):
            raw = [location] if scale is None else [location, scale]
            params = tf.constant(np.broadcast_to(np.float32(raw), (len(values), 1, 1, len(raw))))
            with tf.GradientTape() as tape:
                tape.watch(params)
                log_prob = likelihood.log_prob(values.reshape(-1, 1, 1, 1), params)
            assert np.isfinite(log_prob).all(), raw
            assert np.isfinite(tape.gradient(log_prob, params)).all(), raw
            assert np.isfinite(likelihood(params)).all(), raw


@pytest.mark.parametrize("weight", [-1e9, 1e9])
@pytest.mark.parametrize("name", ["gaussian", "laplace", "discretized_logistic"])
def test_extreme_learned_scale_gives_finite_values_and_gradients(name, weight):
    likelihood = LIKELIHOODS[name](scale="learned")
    likelihood.scales.log_scale.assign(weight)
    params, images = tf.zeros((3, 1, 1, 1)), np.float32([0.0, 0.5, 1.0]).reshape(3, 1, 1, 1)
    with tf.GradientTape() as tape:
        log_prob = likelihood.log_prob(images, params)
    gradient = tape.gradient(log_prob, likelihood.trainable_variables[0])
    assert LOWEST * 0.999 <= float(likelihood.scale()) <= HIGHEST * 1.001
    assert np.isfinite(log_prob).all()
    assert np.isfinite(gradient)


def sigmoid(raw):
    return scipy.special.expit(np.float64(raw))


def continuous_bernoulli(x, raw):
    # Loaiza-Ganem and Cunningham 2019, eq. 3, rewritten in logits η: log p = xη − log(1 + e^η) + log(η/tanh(η/2)).
    eta = np.where(np.abs(raw) < 1e-6, 1e-6, np.float64(raw))
    return x * eta - np.logaddexp(0.0, eta) + np.log(eta / np.tanh(eta / 2))


def discretized_logistic(x, raw, scale=0.02):
    edges = (np.arange(257) - 0.5) / 255
    edges[[0, -1]] = -np.inf, np.inf
    pixel = scipy.stats.logistic(sigmoid(raw), scale)
    above = edges[:-1] > sigmoid(raw)  # where differences of F would lose all digits
    masses = np.where(above, -np.diff(pixel.sf(edges)), np.diff(pixel.cdf(edges)))
    return np.log(masses[np.rint(x * 255).astype(int)])


ORACLES = {
    "bernoulli": ({}, lambda x, raw: scipy.stats.bernoulli.logpmf(x, sigmoid(raw)), (0.0, 1.0)),
    "continuous_bernoulli": ({}, continuous_bernoulli, (0.0, 0.2, 0.9, 1.0)),
    "gaussian": ({"scale": 0.3}, lambda x, raw: scipy.stats.norm.logpdf(x, sigmoid(raw), 0.3), (0.0, 0.2, 1.0)),
    "laplace": ({"scale": 0.2}, lambda x, raw: scipy.stats.laplace.logpdf(x, sigmoid(raw), 0.2), (0.0, 0.2, 1.0)),
    "discretized_logistic": ({"scale": 0.02}, discretized_logistic, (0.0, 100 / 255, 101 / 255, 1.0)),
}


@pytest.mark.parametrize("raw", [-8.0, -1.0, -0.003, 0.0, 0.003, 0.5, 8.0])
@pytest.mark.parametrize("name", ORACLES)
def test_log_prob_against_scipy(name, raw):
    options, oracle, values = ORACLES[name]
    found = pixel_log_prob(LIKELIHOODS[name](**options), values, np.float32([raw]))
    np.testing.assert_allclose(found, oracle(np.array(values), raw), rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("raw", [-30.0, -8.0, -1.0, -0.003, 0.0, 0.003, 0.5, 8.0, 30.0])
def test_mean_of_the_continuous_bernoulli_against_its_closed_form(raw):
    # eq. 8 there, in logits: 1/(1 − e^{−η}) − 1/η, which is 1/2 at 0.
    expected = 0.5 if raw == 0 else 1 / -np.expm1(-raw) - 1 / raw
    found = np.asarray(LIKELIHOODS["continuous_bernoulli"]()(tf.fill((1, 1, 1, 1), raw))).item()
    assert found == pytest.approx(expected, abs=1e-4)


def test_tanh_location_is_the_sigmoid_of_twice_the_output():
    raw = tf.constant([[[[-2.0]]], [[[0.3]]]])
    tanh, logistic = (LIKELIHOODS["gaussian"](scale=0.1, location=name) for name in ("tanh", "sigmoid"))
    np.testing.assert_allclose(tanh(raw), logistic(2 * raw), rtol=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_default_outputs_hold_the_mean_image(name, rng):
    likelihood = LIKELIHOODS[name]()
    params = tf.constant(rng.normal(size=(2, 3, 3, likelihood.params_per_channel)), tf.float32)
    outputs = likelihood.outputs(params)
    np.testing.assert_array_equal(outputs["images"], likelihood(params))
    assert ("stddev" in outputs) == (name == "gaussian")
    if "stddev" in outputs:
        np.testing.assert_allclose(outputs["stddev"], np.full((2, 3, 3, 1), likelihood.scale()), rtol=1e-6)
