"""Where σ comes from: limits, the learned number, the batch's own."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfvae.likelihoods import LIKELIHOODS
from tfvae.likelihoods.scales import HIGHEST, LOWEST, soft_limits

FAMILIES = {
    "gaussian": (scipy.stats.norm, lambda error: np.sqrt(np.mean(error**2))),
    "laplace": (scipy.stats.laplace, lambda error: np.mean(np.abs(error))),
}


def test_soft_limits_are_monotone_and_hold():
    raw = np.linspace(-60.0, 60.0, 4001, dtype=np.float32)
    limited = np.asarray(soft_limits(tf.constant(raw)), np.float64)
    assert (np.diff(limited) >= 0).all()
    inner = (raw > -12) & (raw < 8)
    assert (np.diff(limited[inner]) > 0).all()
    assert np.log(LOWEST) - 1e-5 <= limited.min() < np.log(LOWEST) + 1e-3
    assert np.log(HIGHEST) - 1e-3 < limited.max() <= np.log(HIGHEST) + 1e-5


@pytest.mark.parametrize("sigma", [0.002, 0.01, 0.1, 0.5])
def test_soft_limits_add_about_the_lowest_scale(sigma):
    limited = np.exp(float(soft_limits(tf.constant(np.log(sigma), tf.float32))))
    assert limited == pytest.approx(sigma + LOWEST, rel=0.06)


def problem(name, rng, spread=0.1):
    """A likelihood with the optimal scale, images, decoder outputs, and the errors x − m."""
    likelihood = LIKELIHOODS[name](scale="optimal")
    params = rng.normal(size=(4, 3, 5, 2)).astype(np.float32)
    location = 1 / (1 + np.exp(-params.astype(np.float64)))
    error = rng.normal(scale=spread, size=location.shape)
    return likelihood, (location + error).astype(np.float32), tf.constant(params), error


@pytest.mark.parametrize("spread", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("name", FAMILIES)
def test_optimal_scale_is_the_maximum_of_the_likelihood(name, spread, rng):
    family, deviation = FAMILIES[name]
    likelihood, images, params, error = problem(name, rng, spread)
    found = float(tf.reduce_sum(likelihood.log_prob(images, params, training=True)))
    best = deviation(error)
    for sigma in best * np.exp([-0.5, -0.1, 0.0, 0.1, 0.5]):
        assert found >= family.logpdf(error, scale=sigma).sum() - 1e-4 * error.size
    assert found == pytest.approx(family.logpdf(error, scale=best).sum(), rel=1e-4, abs=0.02)


@pytest.mark.parametrize("name", FAMILIES)
def test_optimal_scale_outside_training_is_the_stored_mean_of_the_logarithms(name, rng):
    family, deviation = FAMILIES[name]
    likelihood, images, params, error = problem(name, rng)
    before = float(likelihood.scale())
    likelihood.log_prob(images, params)
    assert float(likelihood.scale()) == before == 1.0, "only training stores"
    spreads = (1.0, 0.5, 2.0)
    for factor in spreads:
        likelihood.log_prob(images + (factor - 1) * error.astype(np.float32), params, training=True)
    weights = 0.99 ** np.arange(len(spreads))[::-1]
    expected = deviation(error) * np.exp(np.average(np.log(spreads), weights=weights))
    assert float(likelihood.scale()) == pytest.approx(expected, rel=1e-4)
    log_prob = likelihood.log_prob(images, params)
    np.testing.assert_allclose(log_prob, family.logpdf(error, scale=expected).sum(axis=(1, 2, 3)), rtol=1e-3)


def test_optimal_scale_of_perfect_reconstructions_is_the_lowest():
    likelihood = LIKELIHOODS["gaussian"](scale="optimal")
    params = tf.zeros((2, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(params)
        log_prob = likelihood.log_prob(tf.fill((2, 2, 2, 1), 0.5), params, training=True)
    assert float(likelihood.scale()) == pytest.approx(LOWEST, rel=1e-5)
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, params)).all()


def test_gradient_of_the_learned_scale_vanishes_at_the_root_mean_square(rng):
    likelihood = LIKELIHOODS["gaussian"](scale="learned")
    error = rng.normal(scale=0.1, size=(8, 4, 4, 1)).astype(np.float32)
    slopes = {}
    for sigma in np.sqrt(np.mean(error**2)) * np.array([0.8, 1.0, 1.2]):
        root = tf.Variable(np.float32(likelihood.scales.log_scale.numpy()))
        for _ in range(60):  # the weight whose σ this is, by Newton's method on the limited logarithm
            likelihood.scales.log_scale.assign(root)
            with tf.GradientTape() as tape:
                distance = tf.math.log(likelihood.scale()) - np.log(sigma)
            root.assign_sub(distance / tape.gradient(distance, likelihood.trainable_variables[0]))
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(likelihood.log_prob(0.5 + error, tf.zeros_like(error)))
        slopes[float(sigma)] = float(tape.gradient(loss, likelihood.trainable_variables[0]))
    below, at, above = slopes.values()
    assert below < -10 < 10 < above
    assert abs(at) < 0.01 * min(-below, above)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": "optimum"}, "scale is 'optimum': expected a positive number or one of learned, optimal, per_pixel"),
        ({"scale": 0.0}, r"scale is 0.0: expected a positive number, in units of images in \[0, 1\]"),
        ({"scale": -1}, "scale is -1.0: expected a positive number"),
        ({"scale": float("nan")}, "scale is nan: expected a positive number"),
        ({"scale": 1e9}, "expected from 1e-06 to 1000, in units of images"),
        ({"scale": True}, "scale is True: expected a positive number or one of"),
        ({"scale": None}, "scale is None: expected a positive number or one of"),
        ({"location": "relu"}, "location is 'relu': expected one of sigmoid, tanh"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        LIKELIHOODS["gaussian"](**options)


def test_discretized_logistic_has_no_optimal_scale():
    with pytest.raises(ValueError, match="scale is 'optimal': expected a positive number or one of learned, per_pixel"):
        LIKELIHOODS["discretized_logistic"](scale="optimal")
