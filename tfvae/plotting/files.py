"""Single pictures as files."""

import os

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from tfvae.files import atomic
from tfvae.plotting.pixels import to_uint8


def save_image(path: str | os.PathLike[str], array: ArrayLike) -> None:
    """Writes one picture (H, W, C) or grey (H, W), float in [0, 1] or uint8, as PNG, atomically.

    Raises:
        UserError: an array that is no picture.
        OSError: the file cannot be written.
    """
    image = as_pillow(array)
    with atomic(path) as temporary:
        image.save(temporary, format="PNG")


def as_pillow(array: ArrayLike) -> Image.Image:
    """A picture (H, W, C) or (H, W) as a Pillow image: mode L if grey, else RGB.

    Raises:
        UserError: an array that is no picture.
    """
    picture = np.asarray(array)
    if picture.ndim == 2:
        picture = picture[..., None]
    return Image.fromarray(_without_grey_axis(to_uint8(picture[None])[0]))


def _without_grey_axis(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[..., 0] if picture.shape[-1] == 1 else picture
