"""Histograms of many quantities, each against what it should look like."""

import math
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfvae.plotting import axes

_BINS, _COLUMNS = 40, 4
_TAIL = 0.001  # share of the values beyond either end, not drawn


def histograms(
    path: str | os.PathLike[str],
    values: ArrayLike,
    reference: ArrayLike,
    titles: Sequence[str],
    legend: tuple[str, str],
) -> None:
    """Draws K histograms as one PNG: a filled one of the values, and the outline of the reference's.

    Args:
        path: where to.
        values: (N, K).
        reference: (M, K).
        titles: K of them.
        legend: what `values` and `reference` are.

    Raises:
        OSError: the file cannot be written.
    """
    filled, outline = np.asarray(values), np.asarray(reference)
    wide = min(_COLUMNS, len(titles))
    with axes.panels(path, math.ceil(len(titles) / wide), wide, (2.5, 1.8)) as drawn:
        for axis, title, one, other in zip(drawn, titles, filled.T, outline.T, strict=False):
            low, high = np.quantile(np.concatenate([one, other]), [_TAIL, 1 - _TAIL])
            edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
            axis.hist(one, edges, density=True, color=axes.BLUE, alpha=0.55, label=legend[0])
            axis.hist(other, edges, density=True, color=axes.ORANGE, histtype="step", linewidth=1.4, label=legend[1])
            axes.style(axis, title)
            axis.set_yticks([])
        for axis in drawn[len(titles) :]:
            axis.set_visible(False)
        figure = drawn[0].figure
        figure.legend(
            *drawn[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, fontsize=9, frameon=False
        )
