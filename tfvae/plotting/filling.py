"""Maps of codes that are drawn one after another."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfvae.plotting.captions import labelled
from tfvae.plotting.codes import code_colours, enlarged_maps, in_colour
from tfvae.plotting.grids import enlarge, grid
from tfvae.plotting.pixels import to_uint8

_UNKNOWN = 45  # grey where there is no code yet: decoders make something of any


def filling(vectors: ArrayLike, decoded: Sequence[ArrayLike], filled: Sequence[int]) -> list[NDArray[np.uint8]]:
    """A frame for each number of codes that are known: above, these as colours; below, what is decoded there.

    Args:
        vectors: of all codes of N maps, (N, h, w, D); near ones have near colours.
        decoded: images (N, H, W, C) for each frame.
        filled: how many codes are known in each frame, in raster order.

    Returns:
        Frames (height, width, 3) uint8.

    Raises:
        UserError: images that cannot be drawn.
    """
    colours = code_colours(np.asarray(vectors, np.float64))
    places = np.arange(colours.shape[1] * colours.shape[2]).reshape(colours.shape[1:3])
    frames = []
    for images, count in zip(decoded, filled, strict=True):
        below = in_colour(enlarge(to_uint8(images)))
        rows = np.concatenate([enlarged_maps(colours, below.shape[1:3]), below])
        known = enlarged_maps((places < count).astype(np.uint8)[None, ..., None], below.shape[1:3])
        rows = np.where(known, rows, np.uint8(_UNKNOWN))
        frames.append(labelled(grid(rows, columns=len(below), scale=1), ["codes", "decoded"]))
    return frames
