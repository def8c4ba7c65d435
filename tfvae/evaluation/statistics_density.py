"""A density over several numbers of each image, fitted on images that are known to be no anomalies."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from tfvae.errors import UserError

COMPONENTS = 8
_RIDGE = 1e-3  # added to variances, in units of the statistics' own: no component shrinks onto one image
_LEAST_PER_COMPONENT = 10  # images


class StatisticsDensity:
    """−log density of the statistics of an image, under a mixture of Gaussians over those of other images.

    A mixture, because what tells an anomaly is often not one statistic but how two go together. Each statistic is
    first shifted and scaled to mean 0 and variance 1; one that does not vary is only shifted.

    Args:
        reference: (N, K) statistics of N images that are no anomalies.
        seed: of the mixture's start.

    Raises:
        UserError: fewer than ten images, or values that are not finite.
    """

    def __init__(self, reference: ArrayLike, seed: int = 0) -> None:
        values = _checked(reference)
        if len(values) < _LEAST_PER_COMPONENT:
            raise UserError(f"a density fitted on {len(values)} images: expected at least {_LEAST_PER_COMPONENT}")
        self._centre, spread = values.mean(axis=0), values.std(axis=0)
        self._spread = np.where(spread > 1e-9 * np.abs(self._centre), spread, 1.0)
        components = min(COMPONENTS, len(values) // _LEAST_PER_COMPONENT)
        mixture = GaussianMixture(components, reg_covar=_RIDGE, random_state=seed % 2**32, max_iter=300)
        with threadpool_limits(1):  # of products this small several threads wait for each other
            self._mixture = mixture.fit(self._standard(values))

    def score(self, statistics: ArrayLike) -> NDArray[np.float64]:
        """(M, K) → −log density of the standardised statistics, (M,)."""
        return -self._mixture.score_samples(self._standard(_checked(statistics)))

    def _standard(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return (values - self._centre) / self._spread


def _checked(statistics: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(statistics, np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        bad = np.sum(~np.isfinite(values))
        raise UserError(f"statistics of shape {values.shape}, {bad} of them not finite: expected finite (N, K)")
    return values
