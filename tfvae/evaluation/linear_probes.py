"""What a linear classifier reads out of features, with few labels or many."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tfvae.errors import UserError
from tfvae.evaluation.figures import Figure
from tfvae.progress import track

_ITERATIONS = 1000

Features = NDArray[np.floating]
Labels = NDArray[np.integer]


class Set(NamedTuple):
    """Labelled images: features (N, K), and labels (N,) of class numbers or (N, A) of 0 and 1."""

    features: Features
    labels: Labels


class Probe(NamedTuple):
    """What came of fitting on some number of labels.

    Attributes:
        accuracy: the share of test images that are told right; of several attributes, averaged over them.
        balanced_accuracy: the share of each class that is told right, averaged over the classes there are in the
            test set, then over the attributes; chance is 1 / number of classes.
        by_attribute: balanced accuracy of each attribute, (A,), averaged over the draws; (1,) of class numbers. NaN
            where the test set has one class only.
    """

    accuracy: Figure
    balanced_accuracy: Figure
    by_attribute: NDArray[np.float64]


def standardise(means: Features, stddevs: Features, *others: Features) -> tuple[NDArray[np.float64], ...]:
    """Codes as features: shifted and scaled so that the aggregate posterior has mean 0 and variance 1 by latent.

    The scale is that of q(z), not that of the means: of a collapsed latent the mean still moves by a thousandth, and
    blown up to variance 1 it would tell what no sample of the latent does.

    Args:
        means: of q(z|x), (N, L), that decide shift and scale.
        stddevs: of q(z|x), (N, L).
        others: further means, (M, L), treated in the same way.
    """
    centre = means.mean(axis=0, dtype=np.float64)
    spread = np.sqrt(means.var(axis=0, dtype=np.float64) + np.square(stddevs, dtype=np.float64).mean(axis=0))
    return tuple((codes - centre) / np.where(spread > 0, spread, 1.0) for codes in (means, *others))


def probe(training: Set, test: Set, num_labels: int, draws: int, seed: int, label: str = "linear probe") -> Probe:
    """Fits logistic regressions (L2 penalty ½‖w‖², C = 1) on random images, and tells the labels of others.

    Standard errors hold both the choice of the images fitted on (where `draws` is above 1) and the test images.

    Args:
        training: to draw from, features standardised.
        test: to tell the labels of, features scaled in the same way.
        num_labels: labelled images in each draw.
        draws: how many times to draw.
        seed: of the draws.
        label: of the progress bar.

    Raises:
        UserError: more labels asked for than there are, or features and labels that do not belong together.
    """
    _check(training, test, num_labels)
    actual, columns = _columns(test.labels), _columns(training.labels)
    rng, right = np.random.default_rng([seed, num_labels]), np.zeros((draws, *actual.shape), bool)
    chosen = [rng.permutation(len(columns))[:num_labels] for _ in range(draws)]
    fits = [(draw, attribute) for draw in range(draws) for attribute in range(columns.shape[1])]
    for draw, attribute in track(fits, label, unit="fit"):
        rows = chosen[draw]
        told = _fit_and_tell(training.features[rows], columns[rows, attribute], test.features)
        right[draw, :, attribute] = told == actual[:, attribute]
    return _summary(right, actual)


def majority(training: Labels, test: Labels) -> tuple[Figure, Figure]:
    """Accuracy and balanced accuracy of always telling the commonest class of the training labels."""
    actual, columns = _columns(test), _columns(training)
    told = [np.unique(column, return_counts=True) for column in columns.T]
    commonest = np.array([values[counts.argmax()] for values, counts in told])
    found = _summary((actual == commonest)[None], actual)
    return found.accuracy, found.balanced_accuracy


def _fit_and_tell(features: Features, labels: Labels, others: Features) -> Labels:
    if len(np.unique(labels)) == 1:  # few labels of a rare attribute: there is nothing to fit
        return np.full(len(others), labels[0])
    # One thread: on products this small, several mostly wait for each other; where others work too, for minutes.
    with threadpool_limits(1):
        return LogisticRegression(max_iter=_ITERATIONS).fit(features, labels).predict(others)


def _summary(right: NDArray[np.bool_], actual: Labels) -> Probe:
    """From which test images were told right, (draws, N, A), and their labels (N, A)."""
    weights, centred = np.full(actual.shape, np.nan), np.zeros(right.shape)
    for attribute, column in enumerate(actual.T):
        classes, counts = np.unique(column, return_counts=True)
        for kind, count in zip(classes, counts, strict=True):
            rows = column == kind
            centred[:, rows, attribute] = right[:, rows, attribute] - right[:, rows, attribute].mean(axis=1)[:, None]
            if len(classes) > 1:
                weights[rows, attribute] = len(column) / (len(classes) * count)
    by_attribute = (right * weights).mean(axis=(0, 1))
    known = np.isfinite(by_attribute)
    balanced = Figure(math.nan, better="higher")
    if known.any():
        weighted = [(array * weights)[..., known].mean(axis=2) for array in (right, centred)]
        balanced = _figure(*weighted)
    hits = right.mean(axis=2)
    return Probe(_figure(hits, hits), balanced, by_attribute)


def _figure(values: NDArray[np.float64], spread: NDArray[np.float64]) -> Figure:
    """The mean of values (draws, N), with the error of the draws, and that of the images from `spread` (draws, N)."""
    draws, images = values.shape
    variance = spread.mean(axis=0).var(ddof=1) / images
    if draws > 1:
        variance += values.mean(axis=1).var(ddof=1) / draws
    return Figure(float(values.mean()), "", math.sqrt(variance), "higher")


def _columns(labels: Labels) -> Labels:
    return labels[:, None] if labels.ndim == 1 else labels


def _check(training: Set, test: Set, num_labels: int) -> None:
    for kind, (features, labels) in (("training", training), ("test", test)):
        if features.ndim != 2 or len(features) != len(labels) or len(features) < 2:
            raise UserError(
                f"{kind} features {features.shape} and labels {labels.shape}: expected (N, K), and (N,) or (N, A) of "
                "the same N ≥ 2"
            )
    if not 1 <= num_labels <= len(training.labels):
        raise UserError(f"{num_labels} labels asked for: expected from 1 to the {len(training.labels)} there are")
