"""Two judges of an attribute, which share nothing: one reads latents, the other pixels.

A score is a probability, and compared as log-odds: these still rise where the probability is rounded to 1.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tfvae.evaluation import detection
from tfvae.evaluation.extractors import classifier
from tfvae.evaluation.extractors.base import Request
from tfvae.evaluation.extractors.classifier import Classifier
from tfvae.evaluation.figures import Figure, mean
from tfvae.evaluation.linear_probes import standardise
from tfvae.evaluation.subject import ImageSet

_ITERATIONS = 1000

Array = NDArray[np.floating]


class Trust(NamedTuple):
    """How far a judge's word goes, on images that it was not fitted on.

    Attributes:
        accuracy: share of images told right, at even odds.
        auroc: probability that an image with the attribute scores higher than one without.
    """

    accuracy: Figure
    auroc: Figure


def of_latents(means: Array, stddevs: Array, has: NDArray[np.bool_]) -> Callable[[Array], Array]:
    """A logistic regression (L2 penalty ½‖w‖², C = 1) on the means of q(z|x), standardised.

    Args:
        means: of q(z|x), (N, L), of images that the vector was not made of.
        stddevs: of q(z|x), (N, L).
        has: which images have the attribute, (N,).

    Returns:
        A function from means (M, L) to log-odds (M,).
    """
    (features,) = standardise(means, stddevs)
    with threadpool_limits(1):  # on products this small, several threads mostly wait for each other
        fitted = LogisticRegression(max_iter=_ITERATIONS).fit(features, has)
    return lambda latents: fitted.decision_function(standardise(means, stddevs, latents)[1])


def of_pictures(training: ImageSet) -> Classifier:
    """A small convolutional network fitted on labelled pixels; from the cache if it was fitted before.

    It is the one that the evaluation's `--extractor=classifier` takes its features from.
    """
    return classifier.load(Request(training, fit=True))


def trust(log_odds: Array, has: NDArray[np.bool_]) -> Trust:
    """How well log-odds (N,) of held-out images tell who has the attribute, (N,)."""
    return Trust(mean((log_odds > 0) == has, better="higher"), detection.auroc(log_odds[~has], log_odds[has]))


def probability(log_odds: Array) -> Array:
    """1 / (1 + exp(−log-odds))."""
    return expit(log_odds)
