"""Pixel values as the rest of the package wants them: checked, and uint8."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfvae.errors import UserError

# Sigmoids and resampling in float32 end a rounding error outside [0, 1]; what is further out is a fault.
_ROUNDING = 1e-3


def to_uint8(images: ArrayLike) -> NDArray[np.uint8]:
    """A checked batch of images (N, H, W, C) as uint8: floats in [0, 1] become 0–255, uint8 stays as it is.

    Raises:
        UserError: another shape, number of channels, type or range, or values that are not finite.
    """
    array = np.asarray(images)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or array.size == 0:
        raise UserError(
            f"images of shape {array.shape} cannot be drawn: expected (N, height, width, channels) with at least "
            "one image and 1 or 3 channels; give grey images a last axis of 1"
        )
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise UserError(
            f"images of type {array.dtype} cannot be drawn: expected float in [0, 1] or uint8; convert them first"
        )
    return _scaled(array.astype(np.float32, copy=False))


def _scaled(array: NDArray[np.float32]) -> NDArray[np.uint8]:
    if not np.isfinite(array).all():
        first = int(np.argwhere(~np.isfinite(array))[0][0])
        raise UserError(f"image {first} holds values that are not finite (NaN or infinity): expected [0, 1]")
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise UserError(
            f"float images run from {low:.4g} to {high:.4g}: expected [0, 1]; divide 0–255 values by 255, "
            "or clip a mean that may leave the range"
        )
    return np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8)
