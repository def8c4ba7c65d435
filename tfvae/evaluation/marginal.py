"""log p(x) by importance sampling, in bounded memory."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LogWeights = Callable[[np.ndarray, int, int], np.ndarray]


class Estimate(NamedTuple):
    """Of log p(x) for B images, each (B,) float32.

    Attributes:
        log_marginal: log of the mean of K weights, in nats; its expectation is below log p(x), and rises with K.
        standard_error: of that for each image, by the delta method: √(Σw²/(Σw)² − 1/K).
        effective_samples: (Σw)²/Σw², from 1 (one draw decides all) to K (q(z|x) is the true posterior).
    """

    log_marginal: np.ndarray
    standard_error: np.ndarray
    effective_samples: np.ndarray


class Stream:
    """Sums of exponentials that never hold more than one chunk, relative to the largest exponent met (float32)."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.highest = np.full(size, -np.inf, np.float32)
        self.total = np.zeros(size, np.float32)  # Σ exp(a − highest)
        self.squares = np.zeros(size, np.float32)  # Σ exp(2a − 2·highest)

    def add(self, exponents: np.ndarray) -> None:
        """Takes in exponents a, (B, k)."""
        highest = np.maximum(self.highest, exponents.max(axis=1))
        reference = np.where(np.isfinite(highest), highest, 0)
        shrink, relative = np.exp(self.highest - reference), np.exp(exponents - reference[:, None])
        self.total = self.total * shrink + relative.sum(axis=1)
        self.squares = self.squares * shrink**2 + np.square(relative).sum(axis=1)
        self.highest = highest
        self.count += exponents.shape[1]

    def log_mean(self) -> np.ndarray:
        """log of the mean of exp(a), (B,)."""
        with np.errstate(divide="ignore"):  # all weights zero: −∞ is the answer
            return self.highest + np.log(self.total) - np.float32(math.log(self.count))

    def concentration(self) -> np.ndarray:
        """Σw²/(Σw)² of the weights w = exp(a), (B,): 1/K if they are equal, 1 if one is all."""
        return np.divide(self.squares, self.total**2, out=np.ones_like(self.total), where=self.total > 0)


def log_marginal(
    log_weights: LogWeights, images: np.ndarray, num_samples: int, seed: int, chunk: int | None = None
) -> Estimate:
    """log p(x) ≈ log 1/K Σ_k p(x, z_k)/q(z_k|x), z_k ~ q(z|x) (Burda et al. 2016, eq. 8).

    Args:
        log_weights: see `Functions.log_weights`.
        images: x, (B, H, W, C).
        num_samples: K.
        seed: of the draws; seeds seed + i·2³¹ are taken for i = 0, 1, …, one for each chunk.
        chunk: most draws for each image at once; None: all.
    """
    stream, chunk = Stream(len(images)), chunk or num_samples
    for index, done in enumerate(range(0, num_samples, chunk)):
        stream.add(log_weights(images, min(chunk, num_samples - done), seed + (index << 31)))
    concentration = stream.concentration()
    error = np.sqrt(np.maximum(concentration - 1 / num_samples, 0))
    return Estimate(stream.log_mean(), error, 1 / concentration)


def chunks(num_samples: int, floats_per_draw: int, bytes_at_once: int) -> tuple[int, int]:
    """Images at once, and draws for each of them at once, that keep within so many bytes of float32."""
    draws = max(1, bytes_at_once // (4 * floats_per_draw))
    return max(1, draws // num_samples), min(num_samples, draws)
