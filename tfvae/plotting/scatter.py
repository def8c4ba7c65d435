"""Clouds of points, coloured by kind."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes


def scatter(
    path: str | os.PathLike[str], clouds: Mapping[str, ArrayLike], kinds: ArrayLike, names: Sequence[str]
) -> None:
    """Draws clouds of the same N points beside each other as one PNG, with one legend.

    Args:
        path: where to.
        clouds: title → places (N, 2).
        kinds: (N,) numbers of the points' kinds, from 0.
        names: what the kinds are called.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib import colormaps  # late, as in `axes.panels`

    numbers, colours = np.asarray(kinds), colormaps["tab10"](range(10))
    with axes.panels(path, 1, len(clouds), (4.6, 4.2)) as drawn:
        for axis, (title, places) in zip(drawn, clouds.items(), strict=True):
            points = np.asarray(places)
            for kind, name in enumerate(names):
                colour = colours[kind % len(colours)]
                chosen = points[numbers == kind]
                axis.scatter(*chosen.T, s=6, color=colour, alpha=0.6, linewidths=0, label=name)
            axes.style(axis, title)
            axis.set_xticks([])
            axis.set_yticks([])
        handles = drawn[0].get_legend_handles_labels()
        drawn[0].figure.legend(*handles, loc="outside right center", fontsize=9, frameon=False, markerscale=2.5)
