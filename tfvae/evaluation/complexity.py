"""How complex an image is: the bits that a lossless code needs for it."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tfvae.plotting.files import as_pillow


def code_lengths(images: NDArray, binary: bool = False) -> NDArray[np.float64]:
    """The length of each image's PNG file in bits: L(x) of Serrà et al., arXiv:1909.11480.

    Args:
        images: (B, H, W, C), uint8 or float in [0, 1]; floats are rounded to 256 levels.
        binary: the images are of 0 and 1 only, and are coded with one bit a value.

    Returns:
        (B,). A header of some 67 bytes, the same for all, is in it.

    Raises:
        UserError: images that cannot be drawn.
    """
    return np.array([_bits(_bilevel(image) if binary else as_pillow(image)) for image in images], np.float64)


def _bilevel(image: NDArray) -> Image.Image:
    """PNG knows one-bit images only without colour: channels stand beside each other."""
    return Image.fromarray(np.concatenate(np.moveaxis(image, -1, 0), axis=1) > 0.5)


def _bits(image: Image.Image) -> int:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return 8 * file.tell()
