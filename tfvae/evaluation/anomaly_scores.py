"""How anomalous a model finds each image: scores, higher for what is less like the images trained on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from tfvae.evaluation.complexity import code_lengths
from tfvae.evaluation.functions import Functions
from tfvae.evaluation.statistics_density import StatisticsDensity

Array = np.ndarray


@dataclass(frozen=True)
class PerImage:
    """What is known of each of N images; every field is (N,).

    Attributes:
        reconstruction: −log p(x|z) in nats at one z drawn from q(z|x).
        kl: KL(q(z|x) ‖ p(z)) in nats.
        squared_error: ‖x − x̂‖², x̂ = E[x|z] at the mean of q(z|x).
        mean_norm: ‖μ(x)‖, of the mean of q(z|x).
        stddev_norm: ‖σ(x)‖, of the standard deviations of q(z|x).
        code_length: L(x), bits of a lossless code of the image.
        variation: Σ|x_{i+1,j} − x_{ij}| + |x_{i,j+1} − x_{ij}| of the image that the code is of: its total variation.
    """

    reconstruction: Array
    kl: Array
    squared_error: Array
    mean_norm: Array
    stddev_norm: Array
    code_length: Array
    variation: Array

    @property
    def negative_elbo(self) -> Array:
        """−ELBO in nats, with one draw of z, (N,)."""
        return self.reconstruction + self.kl

    def statistics(self) -> Array:
        """What `scores` fits a density over, (N, 6)."""
        norms = np.sqrt(self.squared_error), self.mean_norm, self.stddev_norm
        return np.stack([*norms, self.kl, self.code_length, self.variation], axis=1)


def measure(functions: Functions, batches: Iterable[tuple[Array, Array]], seed: int, binary: bool) -> PerImage:
    """Streams images through a model.

    Args:
        functions: the model.
        batches: pairs (B, H, W, C): images as the model sees them, and those whose code length is taken.
        seed: of the draws of z.
        binary: see `code_lengths`.
    """
    parts = [
        _measure_batch(functions, images, coded, seed * 2**31 + index, binary)
        for index, (images, coded) in enumerate(batches)
    ]
    return PerImage(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(PerImage)))


def _measure_batch(functions: Functions, images: Array, coded: Array, seed: int, binary: bool) -> PerImage:
    log_likelihood, kl = functions.bound(images, seed)
    means, stddevs = functions.encode(images)
    errors = np.square(images.astype(np.float64) - functions.reconstruct(images))
    return PerImage(
        reconstruction=-log_likelihood.astype(np.float64),
        kl=kl.sum(axis=1, dtype=np.float64),
        squared_error=errors.sum(axis=(1, 2, 3)),
        mean_norm=_norms(means),
        stddev_norm=_norms(stddevs),
        code_length=code_lengths(coded, binary),
        variation=total_variation(coded),
    )


def _norms(latents: Array) -> Array:
    """Lengths (N,) of vectors or maps."""
    return np.linalg.norm(latents.reshape(len(latents), -1).astype(np.float64), axis=1)


def total_variation(images: Array) -> Array:
    """Sum of the absolute differences of neighbouring pixel values, (N,)."""
    down, across = (np.abs(np.diff(images.astype(np.float64), axis=axis)) for axis in (1, 2))
    return down.sum(axis=(1, 2, 3)) + across.sum(axis=(1, 2, 3))


def typicality(negative_elbo: Array, training: Array) -> Array:
    """|−ELBO − its mean over training images|, nats: too likely is as odd as too unlikely.

    Nalisnick et al., arXiv:1906.02994, for one image, with the bound in place of log p(x).
    """
    return np.abs(negative_elbo - np.mean(training, dtype=np.float64))


def complexity(negative_elbo: Array, code_length: Array) -> Array:
    """−log₂ p(x) − L(x) in bits, with the bound in place of log p(x): what the model needs beyond a general code.

    Serrà et al., arXiv:1909.11480: a log-likelihood ratio of the code, as a model of any image, to the
    model. A constant, the bits between a density of pixels in [0, 1] and 8-bit values, is left out: it moves no rank.
    """
    return negative_elbo / math.log(2) - code_length


def scores(found: PerImage, training: PerImage, seed: int) -> dict[str, Array]:
    """Name → score of each image, (N,); higher is more anomalous.

    "statistics" is −log of a density, fitted on training images alone, over ‖x − x̂‖, ‖μ(x)‖, ‖σ(x)‖ (the sufficient
    statistics of p(x|z) and q(z|x) in the likelihood path: Huang et al., arXiv:2401.04933, section 4), the KL, L(x) and
    the total variation. Of several choices of further statistics this one, and of several densities the mixture, told
    CIFAR-10 in grey and the ORL faces best from Fashion-MNIST.

    Args:
        found: of the images to score.
        training: of images that the model was trained on.
        seed: of the density's start.
    """
    density = StatisticsDensity(training.statistics(), seed)
    return {
        "elbo": found.negative_elbo,
        "reconstruction": found.reconstruction,
        "kl": found.kl,
        "squared_error": found.squared_error,
        "typicality": typicality(found.negative_elbo, training.negative_elbo),
        "complexity": complexity(found.negative_elbo, found.code_length),
        "statistics": density.score(found.statistics()),
    }
