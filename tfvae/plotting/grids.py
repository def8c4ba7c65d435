"""Many small images as one picture."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfvae.errors import UserError
from tfvae.plotting.pixels import to_uint8

# A tile is enlarged until its longer side has this many pixels: 8×8 digits become 64×64.
_LEGIBLE = 64
_WHITE = 255
_GAP_INSIDE_PAIRS, _GAP_BETWEEN_PAIRS = 3, 12


def grid(
    images: ArrayLike, columns: int | None = None, padding: int = 2, scale: int | None = None
) -> NDArray[np.uint8]:
    """Images in reading order on a white ground.

    Args:
        images: (N, H, W, C) in [0, 1] or uint8.
        columns: tiles per row; by default the grid is about as many tiles wide as high.
        padding: white pixels between tiles and around the grid.
        scale: whole factor of the nearest-neighbour enlargement; by default tiles reach about 64 pixels.

    Returns:
        (height, width, C) uint8.

    Raises:
        UserError: images that cannot be drawn, or numbers out of range.
    """
    tiles = enlarge(images, scale)
    count, height, width, channels = tiles.shape
    columns = _columns(count, math.sqrt(count)) if columns is None else min(columns, count)
    if columns < 1 or padding < 0:
        raise UserError(f"columns={columns} and padding={padding}: expected columns ≥ 1 and padding ≥ 0")
    rows = math.ceil(count / columns)
    step_y, step_x = height + padding, width + padding
    canvas = np.full((rows * step_y + padding, columns * step_x + padding, channels), _WHITE, np.uint8)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        top, left = padding + row * step_y, padding + column * step_x
        canvas[top : top + height, left : left + width] = tile
    return canvas


def pairs(
    originals: ArrayLike, reconstructions: ArrayLike, columns: int | None = None, scale: int | None = None
) -> NDArray[np.uint8]:
    """Each original directly above its reconstruction, the pairs in rows.

    Args:
        originals: (N, H, W, C) in [0, 1] or uint8.
        reconstructions: the same shape, in the same order.
        columns: pairs per row; by default the picture is about square.
        scale: as in `grid`.

    Returns:
        (height, width, C) uint8.

    Raises:
        UserError: shapes that differ, or images that cannot be drawn.
    """
    above, below = to_uint8(originals), to_uint8(reconstructions)
    if above.shape != below.shape:
        raise UserError(
            f"originals {above.shape} and reconstructions {below.shape} have different shapes: expected the same"
        )
    above, below = enlarge(above, scale), enlarge(below, scale)
    count, _, width, channels = above.shape
    between = np.full((count, _GAP_INSIDE_PAIRS, width, channels), _WHITE, np.uint8)
    tall = np.concatenate([above, between, below], axis=1)
    columns = _columns(count, math.sqrt(2 * count)) if columns is None else columns
    return grid(tall, columns, padding=_GAP_BETWEEN_PAIRS, scale=1)


def enlarge(images: ArrayLike, scale: int | None = None) -> NDArray[np.uint8]:
    """Each pixel of (N, H, W, C) images repeated `scale` times in both directions: uint8.

    Raises:
        UserError: images that cannot be drawn, or `scale` below 1.
    """
    tiles = to_uint8(images)
    if scale is None:
        scale = max(1, round(_LEGIBLE / max(tiles.shape[1:3])))
    if scale < 1:
        raise UserError(f"scale={scale}: expected a whole number ≥ 1")
    return tiles.repeat(scale, axis=1).repeat(scale, axis=2)


def _columns(count: int, ideal: float) -> int:
    """Near the ideal number of columns, the one that leaves the fewest places empty, rather wide than high."""

    def badness(columns: int) -> tuple[int, bool, float]:
        rows = math.ceil(count / columns)
        return rows * columns - count, rows > columns, abs(columns - ideal)

    return min(range(math.ceil(0.7 * ideal), min(count, math.ceil(1.4 * ideal)) + 1), key=badness)
