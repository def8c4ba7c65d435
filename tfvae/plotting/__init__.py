"""Arrays → picture files: image grids, GIFs, training curves. Imports no TensorFlow, Keras or TFP.

Images are (N, H, W, C) arrays, C = 1 (grey) or 3 (RGB): float in [0, 1] or uint8 in 0–255. Values are never
stretched to the full range: what looks too dark or too pale is so.
"""

from tfvae.plotting.captions import beside, labelled
from tfvae.plotting.curves import curves
from tfvae.plotting.files import save_image
from tfvae.plotting.gifs import save_gif
from tfvae.plotting.grids import enlarge, grid, pairs
from tfvae.plotting.pixels import to_uint8

__all__ = [
    "beside",
    "curves",
    "enlarge",
    "grid",
    "labelled",
    "pairs",
    "save_gif",
    "save_image",
    "to_uint8",
]
