"""What published systems cut out of the images of CelebA, which are 178 wide and 218 high."""

from collections.abc import Callable

import numpy as np

from tfvae.datasets.jpeg import Window, decode_window
from tfvae.datasets.resampling import BILINEAR, LANCZOS, Resampler, weights

_SIZE = (178, 218)  # width, height


class Crop:
    """A part of the image, resized.

    Args:
        window: the part.
        height: weights of its rows, see `weights`.
        width: of its columns.
        channels: of the images.

    Attributes:
        shape: of the part, (H, W, C).
        resize: parts (N, H, W, C) → images.
    """

    def __init__(self, window: Window, height: np.ndarray, width: np.ndarray, channels: int) -> None:
        self._window = window
        self._channels = channels
        self.shape = (window.height, window.width, channels)
        self.resize = Resampler(height, width, channels)

    def cut(self, data: bytes) -> np.ndarray:
        """The part, of the bytes of a file. Raises as `decode_window` does."""
        return decode_window(data, self._window, self._channels, _SIZE)


def _closecrop(size: int, channels: int) -> Crop:
    side = weights(140, size, LANCZOS)
    return Crop(Window(39, 19, 140, 140), side, side, channels)


def _resizecrop(size: int, channels: int) -> Crop:
    """At size 64: 64x78, of which rows 7 to 71."""
    top = round(size * 7 / 64)
    rows = weights(218, round(size * 78 / 64), LANCZOS)[top : top + size]
    return Crop(Window(0, 0, 218, 178), rows, weights(178, size, LANCZOS), channels)


def _squarecrop(size: int, channels: int) -> Crop:
    side = weights(178, size, BILINEAR)
    return Crop(Window(30, 0, 178, 178), side, side, channels)


def _squeeze(size: int, channels: int) -> Crop:
    return Crop(Window(0, 0, 218, 178), weights(218, size, BILINEAR), weights(178, size, BILINEAR), channels)


CROPS: dict[str, Callable[..., Crop]] = {
    "closecrop": _closecrop,
    "resizecrop": _resizecrop,
    "squarecrop": _squarecrop,
    "squeeze": _squeeze,
}
