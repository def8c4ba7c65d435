"""How well a score tells outliers from inliers: areas under curves, with standard errors."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from tfvae.errors import UserError
from tfvae.evaluation.figures import Figure


def auroc(inliers: ArrayLike, outliers: ArrayLike) -> Figure:
    """The probability that an outlier scores higher than an inlier, ties counted as one half.

    That is the area under the ROC curve. Standard error: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988),
    from mid-ranks (Sun and Xu, IEEE Signal Processing Letters 21, 2014). It is 0 where the scores
    do not overlap: then 1 − AUROC is below about 3 / the smaller number of images, with 95 % confidence.

    Args:
        inliers: scores (N,); higher means more anomalous.
        outliers: scores (M,).

    Raises:
        UserError: fewer than two scores of either kind, or scores that are not finite.
    """
    negative, positive = _checked(inliers, outliers)
    ranks = rankdata(np.concatenate([positive, negative]))
    below = (ranks[: len(positive)] - rankdata(positive)) / len(negative)  # of each outlier: share of inliers below it
    above = 1 - (ranks[len(positive) :] - rankdata(negative)) / len(positive)
    return Figure(float(below.mean()), "", _error(below, above), "higher")


def average_precision(inliers: ArrayLike, outliers: ArrayLike) -> Figure:
    """The precision among all that score as high as an outlier or higher, averaged over the outliers.

    As scikit-learn's `average_precision_score`, with outliers as the positive class. Chance is the outliers' share
    of all images, M / (N + M). Standard error: the infinitesimal jackknife of the two samples.

    Args:
        inliers: scores (N,); higher means more anomalous.
        outliers: scores (M,).

    Raises:
        UserError: as `auroc`.
    """
    negative, positive = _checked(inliers, outliers)
    ratio = len(negative) / len(positive)
    order = np.sort(positive)
    hit, false = _share_from(positive, order), _share_from(negative, order)  # recall and false alarms at each outlier
    precision = hit / (hit + ratio * false)
    # How the average answers to a little more weight on one image: through its own precision, and through the
    # recalls and false alarms of all outliers that score no higher.
    slope = ratio / (hit + ratio * false) ** 2
    by_hit, by_false = _sum_up_to(order, slope * false), _sum_up_to(order, -slope * hit)
    return Figure(
        float(precision.mean()),
        "",
        _error(precision + by_hit(order) / len(order), by_false(negative) / len(order)),
        "higher",
    )


def roc_curve(inliers: ArrayLike, outliers: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False-alarm rates and detection rates, rising from 0 to 1 as the threshold falls; one point a threshold."""
    negative, positive = _checked(inliers, outliers)
    thresholds = np.unique(np.concatenate([negative, positive]))[::-1]
    false, hit = (np.concatenate([[0.0], _share_from(scores, thresholds)]) for scores in (negative, positive))
    return false, hit


def _share_from(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the scores that are at least so high."""
    return 1 - np.searchsorted(np.sort(scores), thresholds, "left") / len(scores)


def _sum_up_to(
    order: NDArray[np.float64], terms: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Makes scores → the sum of the terms whose place in `order`, which rises, is no higher."""
    sums = np.concatenate([[0.0], np.cumsum(terms)])
    return lambda scores: sums[np.searchsorted(order, scores, "right")]


def _error(*influences: NDArray[np.float64]) -> float:
    """Of a statistic of independent samples, from what each of their members adds to it."""
    return math.sqrt(sum(values.var(ddof=1) / len(values) for values in influences))


def _checked(inliers: ArrayLike, outliers: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = []
    for kind, scores in (("inliers", inliers), ("outliers", outliers)):
        array = np.asarray(scores, np.float64)
        if array.ndim != 1 or len(array) < 2:
            raise UserError(f"scores of {kind} have the shape {array.shape}: expected (N,) with N ≥ 2")
        if not np.isfinite(array).all():
            raise UserError(f"{np.sum(~np.isfinite(array))} of {len(array)} scores of {kind} are NaN or infinite")
        found.append(array)
    return found[0], found[1]
