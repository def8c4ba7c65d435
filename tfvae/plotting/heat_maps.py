"""Matrices as pictures."""

import os

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes


def heat_map(path: str | os.PathLike[str], matrix: ArrayLike, title: str, name: str = "") -> None:
    """Draws a square matrix as one PNG: red above zero, blue below, white at it, as strong as the largest value.

    Args:
        path: where to.
        matrix: (K, K); what is NaN stays dark grey.
        title: above it.
        name: of both axes.

    Raises:
        OSError: the file cannot be written.
    """
    values = np.asarray(matrix, np.float64)
    limit = float(np.abs(values).max(initial=0.0, where=np.isfinite(values))) or 1.0
    with axes.panels(path, size=(5.2, 4.4)) as (axis,):
        axis.set_facecolor(axes.TEXT)
        drawn = axis.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        axes.style(axis, title, name, name)
        axis.grid(visible=False)
        bar = axis.figure.colorbar(drawn, ax=axis, shrink=0.9)
        bar.ax.tick_params(labelsize=8, colors=axes.TEXT)
        bar.outline.set_visible(False)
