"""Whether samples are copies: how near they lie to training images, and how near unseen images do."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.figures import Figure, mean
from tfvae.evaluation.image_quality import ratio_of_means
from tfvae.evaluation.neighbours import nearest
from tfvae.evaluation.subject import ImageSet


@dataclass(frozen=True)
class Recipe:
    """How copies are looked for.

    Attributes:
        num_images: of each kind, compared with all training images.
        size: longer sides are reduced to this.
        resize: the filter.
        neighbours: training images that a distance is compared with.
    """

    num_images: int = 1000
    size: int = 32
    resize: str = resizing.AREA
    neighbours: int = 50


RECIPE = Recipe()


class Copies(NamedTuple):
    """Images (Q, H, W, C) and their nearest training images.

    Attributes:
        images: as given.
        nearest: (Q,) number of the nearest training image.
        distances: (Q,) to it: root of the mean squared difference of pixel values in [0, 1], at `Recipe.size`.
        ratios: (Q,) that distance over the mean distance to the 50 nearest. A simple image is near to many and stays
            close to 1; the copy of one goes to 0. Source: Carlini et al., "Extracting training data from diffusion
            models", USENIX Security 2023, §4.
    """

    images: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray
    ratios: np.ndarray


def copies(kinds: Mapping[str, Callable[[], Iterator[np.ndarray]]], training: ImageSet) -> dict[str, Copies]:
    """The nearest training images of each kind of images.

    Args:
        kinds: name → a function that gives batches (B, H, W, C) float32 in [0, 1].
        training: all that the model has learned from.
    """
    images = {kind: np.concatenate(list(batches())) for kind, batches in kinds.items()}
    queries = np.concatenate([_points(found) for found in images.values()])
    batches = (_points(batch) for batch in training.plain("nearest training images"))
    numbers, distances = nearest(queries, batches, RECIPE.neighbours)
    distances = distances / math.sqrt(queries.shape[1])
    ratios = distances[:, 0] / np.maximum(distances.mean(1), np.finfo(float).tiny)
    ends = np.cumsum([len(found) for found in images.values()])[:-1]
    parts = (np.split(array, ends) for array in (numbers[:, 0], distances[:, 0], ratios))
    return {kind: Copies(images[kind], *found) for kind, *found in zip(images, *parts, strict=True)}


def figures_of(found: Mapping[str, Copies]) -> dict[str, Figure]:
    """The mean distance of each kind, and `memorisation_ratio`: that of samples over that of unseen test images.

    Well below 1 means copying, by the comparison of Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect
    data-copying in generative models", AISTATS 2020. But blurred images, copied or not, are near to everything too:
    the same ratio of reconstructions, which have the same blur and cannot be copies of training images, is beside it.
    """
    nearest_distances = {kind: mean(copied.distances) for kind, copied in found.items()}
    unseen = nearest_distances["real_images"]
    # Pairs: each reconstruction belongs to one of the images.
    ratio, error = ratio_of_means(found["reconstructions"].distances, found["real_images"].distances)
    return {
        "memorisation_ratio": _ratio(nearest_distances["samples"], unseen),
        "memorisation_ratio_of_reconstructions": Figure(ratio, "", error),
        "nearest_training_distance": nearest_distances["samples"],
        "nearest_training_distance_of_reconstructions": nearest_distances["reconstructions"],
        "nearest_training_distance_of_real_images": unseen,
    }


def _ratio(one: Figure, other: Figure) -> Figure:
    """Of two independent means, with the standard error to first order."""
    if not other.value:
        return Figure(math.nan)
    relative = [(figure.standard_error or 0) / figure.value for figure in (one, other) if figure.value]
    return Figure(one.value / other.value, standard_error=one.value / other.value * math.hypot(*relative))


def _points(images: np.ndarray) -> np.ndarray:
    return resizing.area(images, RECIPE.size).reshape(len(images), -1)
