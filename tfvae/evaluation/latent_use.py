"""Which latents carry something, how much, and how the codes of all images lie together.

Posteriors q(z|x) are independent Gaussians given by their means and standard deviations, each (N, L): N images, L
latents. The aggregate posterior q(z) is their average over the images.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from tfvae.evaluation.figures import Figure

Array = NDArray[np.float64]

ACTIVE_VARIANCE = 0.01  # of a posterior's mean; Burda et al. 2016, section 5.2
ACTIVE_KL = 0.01  # nats
COLLAPSED = 1.0  # nats: below it, all latents together tell less than which half of the images an image is in

_HELD = 2**22  # most densities held at once, in floats


def variance_of_means(means: np.ndarray) -> Array:
    """Variance over the images of the mean of q(z|x), (L,), divided by N as during training; Burda et al. 2016."""
    return np.var(means, axis=0, dtype=np.float64)


def aggregate_moments(means: np.ndarray, stddevs: np.ndarray) -> tuple[Array, Array]:
    """Mean (L,) and covariance (L, L) of q(z), exactly: E[z] = E[m] and Cov[z] = Cov[m] + diag E[σ²]."""
    means, stddevs = np.asarray(means, np.float64), np.asarray(stddevs, np.float64)
    centred = means - means.mean(axis=0)
    spread = np.diag(np.square(stddevs).mean(axis=0))
    return means.mean(axis=0), centred.T @ centred / len(means) + spread


def correlation(covariance: np.ndarray) -> Array:
    """The correlations that belong to a covariance, (L, L)."""
    deviations = np.sqrt(np.diag(covariance))
    return covariance / np.outer(deviations, deviations)


def draw(
    means: np.ndarray, stddevs: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Array]:
    """One z from q(z|x) of each of at most `most` images, drawn without repetition: independent draws from q(z).

    Returns:
        Which images, (M,), and the latents, (M, L).
    """
    rows = rng.permutation(len(means))[:most]
    noise = rng.standard_normal((len(rows), means.shape[1]))
    return rows, means[rows] + stddevs[rows] * noise


def log_posterior(latents: np.ndarray, means: np.ndarray, stddevs: np.ndarray) -> Array:
    """log q(z|x) in nats for each z (M, L) under each posterior (N, L): (M, N), in float64."""
    means, precisions = np.asarray(means, np.float64), np.asarray(stddevs, np.float64) ** -2
    # (z − m)²/σ² multiplied out: two products of matrices instead of M·N·L differences.
    constant = np.sum(np.square(means) * precisions - np.log(precisions) + math.log(2 * math.pi), axis=1)  # (N,)
    return latents @ (means * precisions).T - 0.5 * (np.square(latents) @ precisions.T + constant)


def information(
    means: np.ndarray, stddevs: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Array]:
    """Terms whose mean estimates I(x; z) = E_x KL(q(z|x) ‖ q(z)), the index-code mutual information, in nats.

    Hoffman and Johnson 2016, "ELBO surgery": the mean of KL(q(z|x) ‖ p(z)) over the images is I(x; z) + KL(q(z)‖p(z)).
    A term is log q(z|x) − log q(z) at one z from q(z|x), with q(z) the average over all N images, the one of z among
    them. So no term is above log N, and the expected estimate is below the mutual information of the whole
    distribution that the images come from (InfoNCE with the conditional known; Poole et al. 2019, "On variational
    bounds of mutual information").

    Args:
        means: (N, L).
        stddevs: (N, L).
        most: largest number M of images to draw z for.
        rng: of the images and of z.

    Returns:
        Which images, (M,), and their terms, (M,).
    """
    rows, latents = draw(means, stddevs, most, rng)
    step = max(1, _HELD // len(means))
    terms = np.empty(len(rows))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        densities = log_posterior(latents[part], means, stddevs)  # (step, N)
        own = densities[np.arange(len(densities)), rows[part]]
        terms[part] = own - logsumexp(densities, axis=1) + math.log(len(means))
    return rows, terms


def marginal_kl(kl: np.ndarray, rows: np.ndarray, terms: np.ndarray) -> Figure:
    """KL(q(z) ‖ p(z)) in nats: the mean KL of all N images less the mutual information.

    Args:
        kl: KL(q(z|x) ‖ p(z)) of each image, (N,).
        rows: the images that the mutual information was estimated on, (M,).
        terms: from `information`, (M,).
    """
    value = float(np.mean(kl) - np.mean(terms))
    if len(rows) < 2:
        return Figure(value, "nats")
    shared = np.cov(kl[rows], terms)
    # The M images are part of the N: Cov(mean of N, mean of M) = Cov(kl, term)/N.
    variance = (np.var(kl, ddof=1) - 2 * shared[0, 1]) / len(kl) + shared[1, 1] / len(rows)
    return Figure(value, "nats", math.sqrt(max(0.0, float(variance))))


def collapse(kl: float, active: int, latents: int) -> str:
    """A warning if the posterior has collapsed onto the prior, wholly or for most latents; "" if not.

    Args:
        kl: KL(q(z|x) ‖ p(z)) in nats, summed over latents and averaged over images.
        active: number of latents that are used.
        latents: L.
    """
    if not active or kl < COLLAPSED:
        return (
            f"Posterior collapse: the latents carry {kl:.2g} nats an image, and {active} of {latents} are active. The "
            "decoder hardly depends on z: try a warm-up of β, a smaller β, free bits, or a smaller σ of the likelihood."
        )
    if active < latents / 2:
        return (
            f"Only {active} of {latents} latents are active: the others are equal to the prior and carry nothing. A "
            "smaller latent_dim would do as well, or free bits or a warm-up of β may bring more of them into use."
        )
    return ""
