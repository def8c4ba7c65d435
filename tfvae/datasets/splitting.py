"""Cutting a source in disjoint parts: the same cut on every machine and in every run."""

from typing import TypeVar

import numpy as np

from tfvae.datasets.base import Source
from tfvae.errors import UserError

# Splits belong to the data set, not to the run: with the run's seed, test numbers could not be compared.
_SEED = 20_131_220

S = TypeVar("S", bound=Source)


def cut(source: S, num_images: int, purpose: str) -> tuple[S, S | None]:
    """Cuts `num_images` images, drawn with a fixed seed, from `source`.

    A smaller cut is a subset of a larger one. Both parts keep the order of `source`.

    Args:
        source: what to cut from.
        num_images: size of the second part; 0 for none (None is returned for it).
        purpose: "validation" or "test", for messages.

    Returns:
        What is left, and what was cut.

    Raises:
        UserError: nothing would be left.
    """
    if num_images == 0:
        return source, None
    if num_images >= source.num_images:
        raise UserError(
            f"cannot cut {num_images:,} {purpose} images from {source.num_images:,}: none would be left to train "
            f"on; ask for fewer {purpose} images"
        )
    order = np.random.Generator(np.random.PCG64(_SEED)).permutation(source.num_images)
    return source.subset(np.sort(order[num_images:])), source.subset(np.sort(order[:num_images]))


def cut_fraction(source: S, fraction: float, purpose: str) -> tuple[S, S | None]:
    """As `cut`, for a fraction in [0,1) of the images, rounded to the nearest number.

    Raises:
        UserError: the fraction is outside [0,1), or nothing would be left.
    """
    if not 0 <= fraction < 1:
        raise UserError(f"got a {purpose} fraction of {fraction}: expected at least 0 and less than 1")
    return cut(source, round(fraction * source.num_images), purpose)
