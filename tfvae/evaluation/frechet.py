"""The Fréchet distance between two sets of features, each taken as a Gaussian."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), in float64, of means μ and covariances Σ (with N − 1) of the features.

    The trace of the root is the sum of the singular values of X₁X₂ᵀ, where Σ = XᵀX: the eigenvalues of Σ₁Σ₂ are their
    squares. X is the centred features over √(N − 1), or, where that is smaller, the triangle R of their QR
    factorisation, for which RᵀR = XᵀX too. So no root of a matrix is taken, and singular covariances (N ≤ F) are
    as exact as any.

    The distance of finite sets is biased upwards: two halves of one set are not at 0.

    Source: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
    NeurIPS 2017, equation 6.

    Args:
        a: features (N, F), N ≥ 2.
        b: features (M, F), M ≥ 2.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    difference = first.mean(0) - second.mean(0)
    x, y = _factor(first), _factor(second)
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(difference @ difference + np.vdot(x, x) + np.vdot(y, y) - 2 * root)


def _factor(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """X (at most min(N, F) rows, F) with XᵀX = Σ."""
    centred = (features - features.mean(0)) / math.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(features) > features.shape[1] else centred
