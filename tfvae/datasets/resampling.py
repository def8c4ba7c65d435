"""Resizing many images of one size, by matrix products: Pillow's filters, to within one level of 255.

Pillow resizes along rows, rounds, resizes along columns, and rounds. So does this, for a whole stack at once, which is
three times as fast. Weights are multiples of 2^-15: with 8-bit pixels every sum is then a float32 without error, and
pixels are the same whatever the number of images, of threads, or the library that multiplies.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_BITS = 15  # 255 · Σ|w| · 2^15 < 2^24 as long as Σ|w| < 2; of Lanczos it is 1.4
_BLOCK = 8  # outputs that one product makes: they need few of the inputs, and the rest would be multiplied by 0
_ONE_THREAD = 2**18  # multiplications: OpenBLAS gives larger products to threads of its own, which ours wait for


class Filter(NamedTuple):
    """A filter of Pillow's: `weight` of a distance in pixels, zero from `support` on."""

    weight: Callable[[np.ndarray], np.ndarray]
    support: float


def _lanczos(distance: np.ndarray) -> np.ndarray:
    return np.sinc(distance) * np.sinc(distance / 3)


def _triangle(distance: np.ndarray) -> np.ndarray:
    return 1 - np.abs(distance)


LANCZOS = Filter(_lanczos, 3.0)
BILINEAR = Filter(_triangle, 1.0)


def weights(size: int, resized: int, kind: Filter) -> np.ndarray:
    """Of each of `size` inputs in each of `resized` outputs, float32 (resized, size): rows that sum to 1 exactly.

    Where the image becomes smaller, the filter becomes as much wider (it is antialiased), as Pillow's does.
    """
    step = size / resized
    wider = max(step, 1.0)
    centres = (np.arange(resized)[:, None] + 0.5) * step
    distance = (np.arange(size) + 0.5 - centres) / wider
    raw = np.where(np.abs(distance) < kind.support, kind.weight(distance), 0.0)
    rounded = np.rint(raw / raw.sum(1, keepdims=True) * 2**_BITS)
    rounded[np.arange(resized), rounded.argmax(1)] += 2**_BITS - rounded.sum(1)
    return (rounded / 2**_BITS).astype(np.float32)


class Resampler:
    """Resizes stacks of images.

    Args:
        height: weights of rows, (H', H): see `weights`.
        width: weights of columns, (W', W).
        channels: C.
    """

    def __init__(self, height: np.ndarray, width: np.ndarray, channels: int) -> None:
        self._size = (len(height), len(width), channels)
        self._columns = [(rows * channels, *_spread(part, channels)) for rows, part in _blocks(width)]
        self._rows = _blocks(height)
        largest = max(matrix.size for _, _, matrix in self._columns)
        self._at_once = _divisor(height.shape[1], _ONE_THREAD // largest)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) → uint8 (N, H', W', C)."""
        count, rows = images.shape[:2]
        height, width, channels = self._size
        values = images.reshape(-1, self._at_once, images.shape[2] * channels)
        narrow = np.empty((*values.shape[:2], width * channels), np.float32)
        for first, used, matrix in self._columns:
            made = narrow[..., first : first + matrix.shape[1]]
            np.matmul(values[..., used].astype(np.float32), matrix, out=made)
        np.floor(_levels(narrow), out=narrow)
        narrow = narrow.reshape(count, rows, -1)
        low = np.empty((count, height, width * channels), np.float32)
        for first, (used, matrix) in self._rows:
            np.matmul(matrix, narrow[:, used], out=low[:, first : first + len(matrix)])
        return _levels(low).astype(np.uint8).reshape(count, height, width, channels)


def _levels(values: np.ndarray) -> np.ndarray:
    """In place: what is to be cut off to be rounded half up, in 0 to 255, as Pillow does."""
    values += 0.5
    return np.clip(values, 0, 255.5, out=values)


def _blocks(matrix: np.ndarray) -> list[tuple[int, tuple[slice, np.ndarray]]]:
    """Some rows of a banded matrix each: the number of the first, the columns that they use, and the part of those."""
    found = []
    for first in range(0, len(matrix), _BLOCK):
        part = matrix[first : first + _BLOCK]
        used = np.flatnonzero(part.any(0))
        columns = slice(int(used[0]), int(used[-1]) + 1)
        found.append((first, (columns, np.ascontiguousarray(part[:, columns]))))
    return found


def _spread(block: tuple[slice, np.ndarray], channels: int) -> tuple[slice, np.ndarray]:
    """A block for rows of pixels of so many channels, to be multiplied from the right."""
    columns, part = block
    matrix = np.kron(part.T, np.eye(channels, dtype=np.float32))
    return slice(columns.start * channels, columns.stop * channels), np.ascontiguousarray(matrix)


def _divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is at most `most`."""
    return max(size for size in range(1, number + 1) if number % size == 0 and size <= max(1, most))
