"""What presets of several systems have in common: data, the σ of a weighted squared error, members of a family."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tfvae.configuration import Component, Config, DataConfig, TrainConfig

Preset = Callable[[], Config]


def faces(crop: str) -> DataConfig:
    """CelebA at 64×64."""
    return DataConfig(Component("celeba", crop=crop), image_shape=(64, 64, 3), num_images=162_770)


def small_images(size: int) -> DataConfig:
    """CIFAR-10 at 32×32, faces at 64×64."""
    if size == 64:
        return faces("squarecrop")
    return DataConfig(Component("cifar10"), validation=5000, image_shape=(32, 32, 3), num_images=45_000)


def sigma_of_weight(weight: float, image_shape: tuple[int, ...], span: float) -> float:
    """The σ on [0, 1] that "mean squared error + weight·KL" means for pixel values `span` wide: σ² = w·D/2."""
    return round(math.sqrt(weight * math.prod(image_shape) / 2) / span, 7)


def member(name: str, words: str, family: Callable[..., Config], **options: Any) -> tuple[str, Preset]:
    """A preset of a family, by its name: `words` is its line in the list; the rest is the family's docstring."""

    def preset() -> Config:
        return family(name, **options)

    preset.__doc__ = f"{words}\n\n{family.__doc__}"
    return name, preset


def prior_on_codes(name: str, first: Preset, epochs: int, **prior: Any) -> Config:
    """A gated PixelCNN (van den Oord et al. 2016) on the codes of a finished run of the preset that it is named after.

    Train that one first. Data and model are its own; --config.model.codes_from gives a run of another name, or folder.
    """
    config = first()
    model = replace(
        config.model,
        family=Component("two_stage"),
        codes_from=config.name,
        code_prior=Component("pixelcnn", **prior),
    )
    train = TrainConfig(batch_size=64, epochs=epochs, learning_rate=1e-3, learning_rate_schedule="cosine")
    return replace(config, name=name, model=model, train=train)
