"""What presets of several systems have in common: faces, the σ of a weighted squared error, members of a family."""

import math
from collections.abc import Callable
from typing import Any

from tfvae.configuration import Component, Config, DataConfig

Preset = Callable[[], Config]


def faces(crop: str) -> DataConfig:
    """CelebA at 64×64."""
    return DataConfig(Component("celeba", crop=crop), image_shape=(64, 64, 3), num_images=162_770)


def sigma_of_weight(weight: float, image_shape: tuple[int, ...], span: float) -> float:
    """The σ on [0, 1] that "mean squared error + weight·KL" means for pixel values `span` wide: σ² = w·D/2."""
    return round(math.sqrt(weight * math.prod(image_shape) / 2) / span, 7)


def member(name: str, words: str, family: Callable[..., Config], **options: Any) -> tuple[str, Preset]:
    """A preset of a family, by its name: `words` is its line in the list; the rest is the family's docstring."""

    def preset() -> Config:
        return family(name, **options)

    preset.__doc__ = f"{words}\n\n{family.__doc__}"
    return name, preset
