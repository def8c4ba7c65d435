"""Images to the size that an extractor takes. Each filter is linear and separable: one matrix for each side."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

AREA = "area average where larger, else as it is"
BICUBIC = "bicubic, antialiased (Pillow, float)"


def area_size(image_shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """(height, width) after `area`: the image's own, but at most `size`."""
    return min(image_shape[0], size), min(image_shape[1], size)


def area(images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Images (N, H, W, C) of which each side longer than `size` is reduced to it; new pixels are means of areas."""
    height, width = area_size(images.shape[1:], size)
    if (height, width) == images.shape[1:3]:
        return images
    return _resized(images, _area_weights(images.shape[1], height), _area_weights(images.shape[2], width))


def bicubic(images: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Images (N, H, W, C) at another size by Pillow's antialiased bicubic filter, in float, as clean-fid does it.

    The filter overshoots at edges; the result is clipped to [0, 1].

    Source: Parmar, Zhang and Zhu, "On aliased resizing and surprising subtleties in GAN evaluation", CVPR 2022.
    """
    if (height, width) == images.shape[1:3]:
        return images
    found = _resized(images, _bicubic_weights(images.shape[1], height), _bicubic_weights(images.shape[2], width))
    return np.clip(found, 0, 1)


def _resized(images: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray:
    return np.einsum("ih,nhwc,jw->nijc", rows, images, columns, optimize=True)


def _area_weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): the share that each old pixel has in the area of a new one."""
    edges, old = np.linspace(0, before, after + 1)[:, None], np.arange(before)
    overlap = np.minimum(edges[1:], old + 1) - np.maximum(edges[:-1], old)
    return (np.clip(overlap, 0, None) * after / before).astype(np.float32)


def _bicubic_weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): what Pillow makes of each single pixel of a line."""
    pixels = Image.fromarray(np.eye(before, dtype=np.float32))
    return np.asarray(pixels.resize((after, before), Image.Resampling.BICUBIC)).T
