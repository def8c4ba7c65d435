"""Pictures of latent arithmetic: a strip of strengths for each image, and the same moving."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfvae.flag_parsing import Span
from tfvae.inference.attributes.effects import Model
from tfvae.inference.walks import and_back, eased
from tfvae.plotting import grid, labelled

Array = NDArray[np.floating]

_FRAMES = 24
_SIDE = 128  # pixels of a tile, about: a smile is a small thing
_LONGEST = 24  # letters of a label


class Shown(NamedTuple):
    """Images to draw: what stands beside them, pixels (N, H, W, C) in [0, 1], and latents (N, L)."""

    labels: Sequence[str]
    pixels: Array
    latents: Array


def strip(model: Model, shown: Shown, vector: Array, strengths: Span) -> NDArray[np.uint8]:
    """A row for each image: the original, then decoded at every strength."""
    moved = [model.decode(shown.latents + strength * vector) for strength in strengths.values()]
    columns = np.stack([shown.pixels, *moved], axis=1)
    tiles = columns.reshape(-1, *columns.shape[2:])
    words = ["original", *(f"{round(strength, 2):+g}" if strength else "0" for strength in strengths.values())]
    return labelled(
        grid(tiles, columns=len(words), scale=_scale(tiles)), [_short(label) for label in shown.labels], words
    )


def motion(model: Model, shown: Shown, vector: Array, strengths: Span, name: str) -> list[NDArray[np.uint8]]:
    """Frames of all images from the lowest strength to the highest and back."""
    steps = strengths.low + (strengths.high - strengths.low) * eased(_FRAMES)
    pictures = [model.decode(shown.latents + step * vector) for step in steps]
    frames = [grid(tiles, scale=_scale(tiles)) for tiles in pictures]
    return and_back(
        [labelled(tiles, columns=[f"{name} {step:+.2f}"]) for tiles, step in zip(frames, steps, strict=True)]
    )


def _scale(tiles: Array) -> int:
    return max(1, round(_SIDE / max(tiles.shape[1:3])))


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"…{label[1 - _LONGEST :]}"
