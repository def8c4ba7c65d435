"""Words at the edges of a picture, and pictures beside each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tfvae.errors import UserError
from tfvae.plotting.files import as_pillow
from tfvae.plotting.pixels import to_uint8

_SIZE = 13
_MARGIN = 6
_INK = 60


def labelled(picture: NDArray[np.uint8], rows: Sequence[str] = (), columns: Sequence[str] = ()) -> NDArray[np.uint8]:
    """A picture (H, W, C) with words at its left, evenly from top to bottom, and above, evenly from left to right.

    One word in `columns` is a title over the whole picture.

    Raises:
        UserError: an array that is no picture.
    """
    font = ImageFont.load_default(_SIZE)
    left = max((int(font.getlength(word)) + 2 * _MARGIN for word in rows), default=0)
    top = _SIZE + _MARGIN if columns else 0
    height, width, channels = picture.shape
    canvas = np.full((top + height, left + width, channels), 255, np.uint8)
    canvas[top:, left:] = to_uint8(picture[None])[0]
    image = as_pillow(canvas)
    draw, ink = ImageDraw.Draw(image), (_INK,) * channels if channels > 1 else _INK
    for index, word in enumerate(rows):
        draw.text((left - _MARGIN, top + height * (index + 0.5) / len(rows)), word, ink, font, anchor="rm")
    for index, word in enumerate(columns):
        draw.text((left + width * (index + 0.5) / len(columns), top / 2), word, ink, font, anchor="mm")
    return _as_array(image, channels)


def beside(pictures: Sequence[NDArray[np.uint8]], gap: int = 16) -> NDArray[np.uint8]:
    """Pictures (H, W, C) of one height from left to right, `gap` white pixels apart.

    Raises:
        UserError: no pictures, arrays that are none, or heights or channels that differ.
    """
    if len({(picture.shape[0], picture.shape[2]) for picture in pictures}) != 1:
        raise UserError(f"pictures of shapes {[picture.shape for picture in pictures]} do not fit beside each other")
    height, _, channels = pictures[0].shape
    white = np.full((height, gap, channels), 255, np.uint8)
    parts = [part for picture in pictures for part in (white, to_uint8(picture[None])[0])]
    return np.concatenate(parts[1:], axis=1)


def _as_array(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    return np.asarray(image, np.uint8).reshape(image.height, image.width, channels)
