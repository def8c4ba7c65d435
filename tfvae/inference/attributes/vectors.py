"""The vector of an attribute: the mean latent with it less the mean without, and what else the two groups differ in."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
Attributes = NDArray[np.integer]


class Share(NamedTuple):
    """How common another attribute is in the two groups.

    Attributes:
        name: of the other attribute.
        among_with: its share of the images with the attribute, in [0, 1].
        among_without: its share of those without.
    """

    name: str
    among_with: float
    among_without: float

    @property
    def difference(self) -> float:
        """What the vector carries of the other attribute, besides its own."""
        return self.among_with - self.among_without


def weights(attributes: Attributes, column: int) -> Weights:
    """w (N,) such that w·μ is the mean of latents μ (N, L) with the attribute less their mean without.

    Args:
        attributes: (N, K) of 0 and 1.
        column: of the attribute.
    """
    has = attributes[:, column] == 1
    return has / has.sum() - ~has / (~has).sum()


def weighted_sum(weights: Weights, batches: Iterable[NDArray[np.floating]]) -> Weights:
    """w·μ (L,) of latents that come in batches (B, L), in the order of the weights (N,)."""
    total, start = 0.0, 0
    for latents in batches:
        total = total + weights[start : start + len(latents)] @ latents.astype(np.float64)
        start += len(latents)
    return np.asarray(total)


def shares(attributes: Attributes, column: int, names: Sequence[str]) -> list[Share]:
    """The other attributes in the two groups, the largest differences first."""
    has = attributes[:, column] == 1
    with_it, without = attributes[has].mean(axis=0), attributes[~has].mean(axis=0)
    found = [
        Share(name, float(with_it[index]), float(without[index])) for index, name in enumerate(names) if index != column
    ]
    return sorted(found, key=lambda share: -abs(share.difference))
