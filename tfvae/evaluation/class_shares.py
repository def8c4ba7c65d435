"""How sure a classifier is of images, and how often it finds each class: of probabilities, from any classifier."""

import numpy as np
from numpy.typing import NDArray

from tfvae.evaluation.figures import Figure, mean

Probabilities = NDArray[np.floating]


def figures_of(probabilities: Probabilities, reference: Probabilities) -> dict[str, Figure]:
    """Figures of images, by p(class | image) of them (N, K), beside those of real images (M, K).

    Returns:
        `confidence`, the mean of the highest probability of an image; `classes`, how many classes are the most
        probable one of some image; `class_difference`, the total variation distance between how often each class is
        that here and among the real images: 0 if equally often, 1 if no class is in both.
    """
    here, there = shares(probabilities), shares(reference)
    return {
        "confidence": mean(probabilities.max(axis=1), better="higher"),
        "classes": Figure(int(np.count_nonzero(here)), better="higher"),
        "class_difference": Figure(float(np.abs(here - there).sum() / 2), better="lower"),
    }


def shares(probabilities: Probabilities) -> Probabilities:
    """Of how many images each class is the most probable one, as a share of all: (K,)."""
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return counts / len(probabilities)
