"""A number for each place of a map."""

import os

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes

_LEGIBLE = 10  # places to a side, above which numbers would not fit


def place_map(path: str | os.PathLike[str], values: ArrayLike, title: str) -> None:
    """Draws numbers from zero up as one PNG: the darker, the higher; small maps have the numbers written in.

    Args:
        path: where to.
        values: (h, w), not negative.
        title: above it.

    Raises:
        OSError: the file cannot be written.
    """
    numbers = np.asarray(values, np.float64)
    highest = float(numbers.max()) or 1.0
    with axes.panels(path, size=(5.2, 4.4)) as (axis,):
        drawn = axis.imshow(numbers, cmap="Blues", vmin=0.0, vmax=highest, interpolation="nearest")
        axes.style(axis, title)
        axis.grid(visible=False)
        axis.set_xticks([])
        axis.set_yticks([])
        if max(numbers.shape) <= _LEGIBLE:
            for (row, column), number in np.ndenumerate(numbers):
                ink = "white" if number > highest / 2 else axes.TEXT
                axis.text(column, row, f"{number:.1f}", ha="center", va="center", fontsize=8, color=ink)
        bar = axis.figure.colorbar(drawn, ax=axis, shrink=0.9)
        bar.ax.tick_params(labelsize=8, colors=axes.TEXT)
        bar.outline.set_visible(False)
