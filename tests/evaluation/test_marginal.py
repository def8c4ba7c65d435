import math

import linear_gaussian as model
import numpy as np
import pytest
from scipy.special import logsumexp

from tfvae.evaluation.marginal import Stream, chunks, log_marginal


def test_exact_marginal_of_a_linear_gaussian_model():
    x = model.images(200)
    found = log_marginal(model.log_weights, x, 2000, seed=1)
    exact = model.exact_log_marginal(x)
    assert np.abs((found.log_marginal - exact) / found.standard_error).mean() < 1.2  # |N(0, 1)| is 0.8 on average
    error = np.sqrt((found.standard_error**2).sum()) / len(x)
    assert abs(found.log_marginal.mean() - exact.mean()) < 3 * error
    assert error < 0.01  # else the line above says nothing


def test_standard_error_is_the_spread_over_seeds():
    x = model.images(20)
    repeated = [log_marginal(model.log_weights, x, 500, seed) for seed in range(100)]
    spread = np.std([found.log_marginal for found in repeated], axis=0)
    stated = np.mean([found.standard_error for found in repeated], axis=0)
    np.testing.assert_allclose(stated.mean(), spread.mean(), rtol=0.1)


def test_bound_does_not_fall_with_more_draws():
    x = model.images(300)
    bounds = [
        np.mean([log_marginal(model.log_weights, x, k, seed).log_marginal.mean() for seed in range(5)])
        for k in (1, 2, 5, 20, 100, 1000)
    ]
    assert np.all(np.diff(bounds) > 0)
    assert bounds[-1] <= model.exact_log_marginal(x).mean() + 0.01


def test_one_draw_is_the_evidence_lower_bound():
    x = model.images(2000, seed=7)
    likelihood, kl = model.bound(x, 0)
    one = log_marginal(model.log_weights, x, 1, 0).log_marginal
    error = (one - (likelihood - kl.sum(1))).std() / math.sqrt(len(x))
    assert abs(one.mean() - (likelihood - kl.sum(1)).mean()) < 3 * error


def test_chunks_of_any_size_give_the_same():
    """Draws by position, so that chunks see the same ones."""
    draws = np.random.default_rng(0).normal(-90, 5, (4, 100)).astype(np.float32)
    expected = logsumexp(draws.astype(np.float64), axis=1) - math.log(100)
    for chunk in (1, 7, 50, 100):
        at = iter(range(0, 100, chunk))

        def next_draws(images, count, seed, at=at):
            start = next(at)
            return draws[:, start : start + count]

        found = log_marginal(next_draws, draws, 100, 0, chunk)
        np.testing.assert_allclose(found.log_marginal, expected, rtol=1e-6)


@pytest.mark.parametrize(("centre", "spread"), [(-90, 10), (-12000, 60), (8000, 200), (0, 1e-3)])
def test_float32_agrees_with_float64(rng, centre, spread):
    exponents = rng.normal(centre, spread, (50, 5000))
    stream = Stream(50)
    for start in range(0, 5000, 512):
        stream.add(exponents[:, start : start + 512].astype(np.float32))
    exact = logsumexp(exponents, axis=1) - math.log(5000)
    assert stream.log_mean().dtype == np.float32
    np.testing.assert_allclose(stream.log_mean(), exact, rtol=1e-5, atol=1e-5)


def test_effective_samples():
    equal = log_marginal(lambda x, k, seed: np.full((len(x), k), -5, np.float32), np.zeros(3), 64, 0, 10)
    np.testing.assert_allclose(equal.effective_samples, 64, rtol=1e-5)
    np.testing.assert_allclose(equal.standard_error, 0, atol=1e-3)
    one = log_marginal(lambda x, k, seed: np.float32([[0, -80, -90]]), np.zeros(1), 3, 0)
    np.testing.assert_allclose(one.effective_samples, 1, rtol=1e-5)


def test_impossible_images():
    """A weight of zero is a number like any other; an image that no draw explains has log p(x) = −∞."""
    some = log_marginal(lambda x, k, seed: np.float32([[-np.inf, 0.0]]), np.zeros(1), 2, 0)
    np.testing.assert_allclose(some.log_marginal, -math.log(2), rtol=1e-6)
    none = log_marginal(lambda x, k, seed: np.full((1, k), -np.inf, np.float32), np.zeros(1), 4, 0, 2)
    assert none.log_marginal == -np.inf
    later = log_marginal(lambda x, k, seed: np.full((1, k), 0.0 if seed else -np.inf, np.float32), np.zeros(1), 4, 0, 2)
    np.testing.assert_allclose(later.log_marginal, -math.log(2), rtol=1e-6)


@pytest.mark.parametrize("num_samples", [1, 10, 500, 100_000])
@pytest.mark.parametrize("floats", [10, 10_000, 10**8])
def test_chunks_keep_within_their_bound(num_samples, floats):
    images, draws = chunks(num_samples, floats, 2**28)
    assert images >= 1
    assert 1 <= draws <= num_samples
    assert images == draws == 1 or 4 * floats * images * draws <= 2**28
