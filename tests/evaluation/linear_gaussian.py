"""A model whose p(x) is known: z ~ N(0, I), x = Wz + b + s·ε, with a posterior wider than the true one."""

import numpy as np
from scipy.stats import multivariate_normal

from tfvae.evaluation.functions import Functions

SHAPE, LATENTS, NOISE = (2, 3, 1), 3, 0.3
_rng = np.random.default_rng(5)
WEIGHTS = _rng.normal(size=(6, LATENTS)) / 2
BIAS = _rng.uniform(size=6)
_PRECISION = np.eye(LATENTS) + WEIGHTS.T @ WEIGHTS / NOISE**2


def images(count, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, LATENTS)) @ WEIGHTS.T + BIAS + NOISE * rng.normal(size=(count, 6))
    return x.reshape(-1, *SHAPE).astype(np.float32)


def exact_log_marginal(x):
    """log N(x; b, WWᵀ + s²I), by scipy."""
    return multivariate_normal(BIAS, WEIGHTS @ WEIGHTS.T + NOISE**2 * np.eye(6)).logpdf(x.reshape(-1, 6))


def encode(x, widened=1.5):
    """The mean of the true posterior; the standard deviation of its marginals times `widened`."""
    mean = (x.reshape(-1, 6) - BIAS) @ WEIGHTS @ np.linalg.inv(_PRECISION).T / NOISE**2
    return mean, np.broadcast_to(widened * np.sqrt(np.diag(np.linalg.inv(_PRECISION))), mean.shape)


def _normal(x, mean, stddev):
    return -0.5 * (((x - mean) / stddev) ** 2 + np.log(2 * np.pi * stddev**2))


def log_weights(x, num_samples, seed, dtype=np.float32):
    mean, stddev = encode(x)
    z = mean[:, None] + stddev[:, None] * np.random.default_rng(seed).normal(size=(len(x), num_samples, LATENTS))
    likelihood = _normal(x.reshape(-1, 1, 6), z @ WEIGHTS.T + BIAS, NOISE).sum(-1)
    ratio = (_normal(z, 0, 1) - _normal(z, mean[:, None], stddev[:, None])).sum(-1)
    return (likelihood + ratio).astype(dtype)


def bound(x, seed):
    mean, stddev = encode(x)
    z = mean + stddev * np.random.default_rng(seed).normal(size=mean.shape)
    kl = 0.5 * (stddev**2 + mean**2 - 1) - np.log(stddev)
    return _normal(x.reshape(-1, 6), z @ WEIGHTS.T + BIAS, NOISE).sum(-1), kl


def decode(z):
    return (z @ WEIGHTS.T + BIAS).reshape(-1, *SHAPE).astype(np.float32)


def prior(count, seed):
    return np.random.default_rng(seed).normal(size=(count, LATENTS)).astype(np.float32)


FUNCTIONS = Functions(
    encode=encode,
    reconstruct=lambda x: decode(encode(x)[0]),
    decode=decode,
    bound=bound,
    log_weights=log_weights,
    prior=prior,
    floats_per_decode=12,
)
