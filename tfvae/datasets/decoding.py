"""Bytes of an image file → pixels.

Pillow, not `tf.io`: every format goes one way, pictures and evaluation see the very pixels trained on, and an error
can name its file. `jpeg` has a faster way for parts of plain JPEG files, with the same pixels.
"""

import io

import numpy as np
from PIL import Image, ImageOps

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM")  # Pillow's PPM reads PBM and PGM too
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pbm", ".pgm", ".pnm", ".ppm"})
_MODES = {1: "L", 3: "RGB"}


def decode(data: bytes, channels: int | None = None) -> Image.Image:
    """The first frame, upright, 8 bits a value; 16-bit grey is scaled, an alpha channel is dropped.

    Args:
        data: a PNG, JPEG, BMP, GIF, PGM or PPM file.
        channels: 1 for grey, 3 for colour, None for the file's own.

    Raises:
        Exception: of many kinds, if the file is damaged.
    """
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        image.load()
        if image.mode.startswith("I"):
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.mode == "P" and "transparency" in image.info:
            image = image.convert("RGBA")  # a direct step to RGB warns
        channels = channels or (1 if image.mode in ("1", "L", "LA") else 3)
        image = image.convert(_MODES[channels])
        ImageOps.exif_transpose(image, in_place=True)
        return image


def fit(image: Image.Image, height: int, width: int) -> Image.Image:
    """Resized (Lanczos, antialiased) so that the shorter side fits, and cropped at the centre: no distortion."""
    if image.size == (width, height):
        return image
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def refit(images: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    """`fit` for an array: uint8 (N, H, W) or (N, H, W, C) → uint8 (N, *image_shape)."""
    height, width, channels = image_shape
    images = images[..., 0] if images.shape[3:] == (1,) else images
    fitted = np.empty((len(images), height, width, channels), np.uint8)
    for row, image in enumerate(images):
        picture = fit(Image.fromarray(image).convert(_MODES[channels]), height, width)
        fitted[row] = np.asarray(picture).reshape(height, width, channels)
    return fitted
