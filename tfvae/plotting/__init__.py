"""Arrays → picture files: image grids, GIFs, training curves. Imports no TensorFlow, Keras or TFP.

Images are (N, H, W, C) arrays, C = 1 (grey) or 3 (RGB): float in [0, 1] or uint8 in 0–255. Values are never
stretched to the full range: what looks too dark or too pale is so.
"""

from tfvae.plotting.anchors import Score, anchored
from tfvae.plotting.axes import BLUE, ORANGE, PALETTE, panels, style
from tfvae.plotting.bars import bars
from tfvae.plotting.captions import beside, labelled
from tfvae.plotting.codes import code_maps, code_usage
from tfvae.plotting.curves import curves
from tfvae.plotting.files import save_image
from tfvae.plotting.filling import filling
from tfvae.plotting.gifs import save_gif
from tfvae.plotting.grids import enlarge, grid, pairs
from tfvae.plotting.heat_maps import heat_map
from tfvae.plotting.histograms import histograms
from tfvae.plotting.lines import lines
from tfvae.plotting.pixels import to_uint8
from tfvae.plotting.places import place_map
from tfvae.plotting.scatter import scatter

__all__ = [
    "BLUE",
    "ORANGE",
    "PALETTE",
    "Score",
    "anchored",
    "bars",
    "beside",
    "code_maps",
    "code_usage",
    "curves",
    "enlarge",
    "filling",
    "grid",
    "heat_map",
    "histograms",
    "labelled",
    "lines",
    "pairs",
    "panels",
    "place_map",
    "save_gif",
    "save_image",
    "scatter",
    "style",
    "to_uint8",
]
