"""Files that are there whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from tfvae.plotting.pixels import to_uint8


def write_atomically(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> None:
    """Lets `write` fill a temporary file beside `path`, then moves it there in one step; makes the folders.

    Whoever reads `path` meanwhile sees the old file or the new one, and an interruption leaves no half file.

    Raises:
        OSError: the folder cannot be made or written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            write(file)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_image(path: str | os.PathLike[str], array: ArrayLike) -> None:
    """Writes one picture (H, W, C) or grey (H, W), float in [0, 1] or uint8, as PNG, atomically.

    Raises:
        UserError: an array that is no picture.
        OSError: the file cannot be written.
    """
    image = as_pillow(array)
    write_atomically(path, lambda file: image.save(file, format="PNG"))


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
