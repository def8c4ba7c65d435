"""The linear decoder of logits that fits images best, and its posterior."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

Array = NDArray[np.floating]

EDGE = 0.05  # logits are of values held so far from 0 and 1, where they would be infinite
NARROWEST = 1e-3  # standard deviation, at least, of posterior and errors: a few images are fitted exactly
CHUNK = 256  # images at once


class LinearModel(NamedTuple):
    """logits(x) ≈ μ + zW with z ~ N(0, I), and z ≈ logits(x)V + c: L latents, D pixel values.

    Attributes:
        decoding: W, (L, D); zero for latents beyond the number of components.
        middle: μ, (D,).
        encoding: V, (D, L).
        offset: c, (L,).
        stddev: of the posterior, (L,).
        deviation: root mean square of the errors, in units of [0, 1].
    """

    decoding: Array
    middle: Array
    encoding: Array
    offset: Array
    stddev: Array
    deviation: float


def fit(images: Array, logits: Array, latents: int, seed: int) -> LinearModel:
    """Finds the principal components, and to first order the posterior that they have under Gaussian noise.

    W's rows are components times the standard deviation along them (Tipping and Bishop 1999, eq. 7, but for σ²). The
    best factorised posterior of a linear decoder whose means have the derivative Jᵢ by zᵢ has the variance
    1 / (1 + |Jᵢ|²/σ²); its mean is the coordinate zᵢ times one minus that (σ² from the errors).

    Args:
        images: (N, D) in [0, 1].
        logits: of them, (N, D); overwritten.
        latents: L.
        seed: of the randomised decomposition (Halko et al. 2011).
    """
    kept = min(latents, *logits.shape)
    pca = PCA(kept, svd_solver="randomized", iterated_power=2, random_state=seed, copy=False)
    with np.errstate(invalid="ignore"):  # of one image, which has no variance
        coordinates = pca.fit_transform(logits)
    variance = max(_squared_error(pca, coordinates, images), NARROWEST**2)
    missing = latents - pca.n_components_
    components = np.pad(pca.components_, ((0, missing), (0, 0)))
    spread = np.pad(np.sqrt(np.nan_to_num(pca.explained_variance_)), (0, missing))

    decoding, mean = components * spread[:, None], _sigmoid(pca.mean_)
    slopes = decoding * (mean * (1 - mean))  # J, (L, D)
    posterior = np.maximum(1 / (1 + np.sum(np.square(slopes), axis=1) / variance), NARROWEST**2)
    encoding = components.T * (1 - posterior) / np.maximum(spread, NARROWEST**2)
    return LinearModel(decoding, pca.mean_, encoding, -pca.mean_ @ encoding, np.sqrt(posterior), variance**0.5)


def _squared_error(pca: PCA, coordinates: Array, images: Array) -> float:
    """Per pixel value; in parts, for all images at once would take their memory several times."""
    total = 0.0
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        total += float(np.sum(np.square(_sigmoid(pca.inverse_transform(coordinates[part])) - images[part])))
    return total / images.size


def _sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))
