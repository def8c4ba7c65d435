"""Bars, one for each of many things, in rows below each other."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes

_MOST_LABELS = 80  # more could not be read


def bars(
    path: str | os.PathLike[str],
    panels: Mapping[str, ArrayLike],
    labels: Sequence[str],
    highlighted: ArrayLike,
    legend: tuple[str, str],
    x: str = "",
) -> None:
    """Draws K bars in each panel, the panels below each other, as one PNG.

    Args:
        path: where to.
        panels: title → K heights.
        labels: K names below the bars, left out if there are too many to be read.
        highlighted: K truths: which bars have the strong colour.
        legend: what bars of the strong and of the weak colour are.
        x: name of the horizontal axis.

    Raises:
        OSError: the file cannot be written.
    """
    # Imported late: see `axes.panels`.
    from matplotlib.patches import Patch

    strong, places = np.asarray(highlighted, bool), np.arange(len(labels))
    with axes.panels(path, rows=len(panels), size=(min(12.0, max(6.0, 0.16 * len(labels))), 2.4)) as drawn:
        for axis, (title, heights) in zip(drawn, panels.items(), strict=True):
            values = np.asarray(heights, np.float64)
            axis.bar(places, values, color=np.where(strong, axes.BLUE, axes.GREY), width=0.8)
            axes.style(axis, title, x)
            axis.set_axisbelow(True)
            axis.set_xlim(-0.8, len(labels) - 0.2)
            axis.set_xticks(places if len(labels) <= _MOST_LABELS else [])
            axis.set_xticklabels(labels if len(labels) <= _MOST_LABELS else [], fontsize=6)
        kinds = ((axes.BLUE, legend[0], strong), (axes.GREY, legend[1], ~strong))
        handles = [Patch(color=colour, label=f"{name} ({kind.sum()})") for colour, name, kind in kinds]
        drawn[0].legend(handles=handles, loc="upper right", fontsize=8, frameon=False)
