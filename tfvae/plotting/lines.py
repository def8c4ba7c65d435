"""Lines in one chart."""

import os
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes

Line = tuple[ArrayLike, ArrayLike, ArrayLike | None]  # x (N,), y (N,), standard errors of y (N,)


def lines(
    path: str | os.PathLike[str],
    series: Mapping[str, Line],
    names: tuple[str, str, str],
    x_scale: Literal["linear", "log"] = "linear",
    x_limits: tuple[float, float] | None = None,
) -> None:
    """Draws lines as one PNG, with bars of one standard error where there are any.

    Args:
        path: where to.
        series: label → x, y and the standard errors of y, or None.
        names: title, and what x and y are.
        x_scale: of the axis.
        x_limits: ends of the axis; as far as the lines go if None.

    Raises:
        OSError: the file cannot be written.
    """
    with axes.panels(path, size=(6.4, 3.8)) as (axis,):
        for (label, (x, y, error)), colour in zip(series.items(), axes.PALETTE, strict=False):
            marker = "o" if np.size(x) < 10 else None
            axis.errorbar(x, y, error, color=colour, label=label, linewidth=1.6, marker=marker, ms=4, capsize=2)
        axes.style(axis, *names)
        axis.set_xscale(x_scale)
        if x_limits:
            axis.set_xlim(*x_limits)
        axis.figure.legend(loc="outside right center", fontsize=8, frameon=False)
