"""A part of a JPEG, decoded alone: the very values that Pillow decodes there, for half of the time."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from tfvae.datasets.decoding import decode

_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAMES = (0xC0, 0xC1)  # markers of baseline frames
_SAMPLINGS = (0x11, 0x21, 0x22)  # pixels that share chroma, across and down
_PLAIN = (0xC4, 0xDB, 0xDD, 0xE0, 0xFE)  # of tables, JFIF and comments: nothing that changes what is seen
_GREY = np.array([19595, 38470, 7471], np.float32)  # Pillow's "L", in 65536ths: every sum is a float32 without error


class Window(NamedTuple):
    """The part: `top` and `left` in pixels, `height` and `width`."""

    top: int
    left: int
    height: int
    width: int


def decode_window(data: bytes, window: Window, channels: int, size: tuple[int, int]) -> np.ndarray:
    """The pixels of a part of an image file, uint8 (height, width, channels).

    TensorFlow decodes a plain JPEG, and no more of it than the window. Any other file goes the way of all (`decode`),
    damaged ones too: so both ways refuse the same, and give the same.

    Args:
        data: the file.
        window: which part.
        channels: 1 or 3.
        size: (width, height) that the whole image must have.

    Raises:
        ValueError: it is of another size.
        Exception: of many kinds, if the file is damaged.
    """
    pixels = _fast(data, window, size) if plain_size(data) == size else None
    if pixels is None:
        image = decode(data, 3)
        if image.size != size:
            raise ValueError(f"it is {image.size}, wide and high, where aligned ones are {size}")
        top, left, height, width = window
        pixels = np.asarray(image)[top : top + height, left : left + width]
    return pixels if channels == 3 else _grey(pixels)


def plain_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of a whole baseline JPEG with nothing unusual in it, such as an orientation; else None."""
    if not data.startswith(_START) or not data.rstrip(b"\0").endswith(_END):
        return None
    at = 2
    while at + 11 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            if data[at + 9] not in (1, 3) or data[at + 11] not in _SAMPLINGS:
                return None
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if marker not in _PLAIN:
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _fast(data: bytes, window: Window, size: tuple[int, int]) -> np.ndarray | None:
    """What TensorFlow makes of it, or None if it finds fault."""
    decoder, errors = _decoder()
    wider = _with_neighbours(window, size)
    try:
        pixels = decoder(data, wider)
    except errors:
        return None
    top, left = window.top - wider.top, window.left - wider.left
    return pixels[top : top + window.height, left : left + window.width]


@cache
def _with_neighbours(window: Window, size: tuple[int, int]) -> Window:
    """With the pixels that share chroma with its own: only where those are decoded too, smooth chroma is the same.

    Chroma may stand for two pixels each way, and blocks begin at multiples of 8.
    """
    top, left = (max(0, edge - 2) if edge % 8 == 0 else edge for edge in (window.top, window.left))
    bottom = min(size[1], (window.top + window.height) // 2 * 2 + 1)
    right = min(size[0], (window.left + window.width) // 2 * 2 + 1)
    return Window(top, left, bottom - top, right - left)


@cache
def _decoder() -> tuple[Callable[[bytes, Window], np.ndarray], type[Exception]]:
    """The decoder, and what it raises. TensorFlow is imported when the first image is read, and not before."""
    import tensorflow as tf

    @cache
    def placed(window: Window) -> tf.Tensor:
        with tf.device("CPU:0"):
            return tf.constant(window)

    def decoded(data: bytes, window: Window) -> np.ndarray:
        # As Pillow decodes: the accurate transform, and smooth chroma (the default here).
        return tf.io.decode_and_crop_jpeg(data, placed(window), channels=3, dct_method="INTEGER_ACCURATE").numpy()

    return decoded, tf.errors.InvalidArgumentError


def _grey(pixels: np.ndarray) -> np.ndarray:
    """As Pillow makes colour grey: (H, W, 3) → (H, W, 1)."""
    return np.floor((pixels.astype(np.float32) @ _GREY + 32768) / 65536).astype(np.uint8)[..., None]
