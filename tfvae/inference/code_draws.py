"""Pictures of what a prior on codes draws."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfvae.inference.restored import Restored
from tfvae.inference.walks import and_back, eased
from tfvae.plotting import filling, grid, labelled
from tfvae.progress import track

Picture = NDArray[np.uint8]
Codes = NDArray[Any]

_HOTTEST, _STEPS = 1.2, 12
_MOST_FRAMES, _HELD = 64, 10
_MOST_CLASSES, _IN_A_ROW = 10, 8


def temperatures(model: Restored, count: int, seed: int) -> list[Picture]:
    """Frames of so many samples, by the same numbers at every temperature from 0 to 1.2 and back."""
    values = _HOTTEST * eased(_STEPS)
    frames = [
        labelled(grid(model.sample(count, seed, float(value))[0]), columns=[f"temperature {value:.2f}"])
        for value in track(list(values), "drawing codes", unit="frame")
    ]
    return and_back(frames)


def classes(model: Restored, num_classes: int, seed: int, temperature: float) -> Picture:
    """A row of samples for each class, of the first ten if there are more."""
    shown = np.arange(min(num_classes, _MOST_CLASSES))
    images = model.sample_class(shown.repeat(_IN_A_ROW), seed, temperature)
    return labelled(grid(images, columns=_IN_A_ROW), rows=[str(label) for label in shown])


def codes_filling_in(model: Restored, count: int, seed: int, temperature: float) -> list[Picture]:
    """Frames of so many samples whose codes come one after another."""
    codes, vectors = model.sample_codes(count, seed, temperature)
    filled = _moments(codes[0].size)
    decoded = [model.decode_codes(_so_far(codes, known)) for known in track(filled, "decoding", unit="frame")]
    frames = filling(vectors, decoded, filled)
    return [*frames, *[frames[-1]] * _HELD]


def _moments(places: int) -> list[int]:
    """How many codes are known in each frame: none to all."""
    return np.unique(np.linspace(0, places, min(places, _MOST_FRAMES) + 1).round().astype(int)).tolist()


def _so_far(codes: Codes, known: int) -> Codes:
    """Maps (N, h, w) of which only the first codes are known: the rest is the commonest code, and not to be shown."""
    values, counts = np.unique(codes, return_counts=True)
    places = np.arange(codes[0].size).reshape(codes.shape[1:])
    return np.where(places < known, codes, values[counts.argmax()])
