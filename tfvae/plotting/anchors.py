"""Scores of one thing between anchors: what the best possible would score, and what is known to be easier."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tfvae.errors import UserError
from tfvae.plotting import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3
_COLOURS = (axes.BLUE, axes.GREY, axes.GREY)


class Score(NamedTuple):
    """One bar: whose it is, how long, and its standard error; None where it has none."""

    label: str
    value: float
    standard_error: float | None = None


def anchored(path: str | os.PathLike[str], scores: Mapping[str, Sequence[Score]]) -> None:
    """Draws one panel of bars for each measure, as one PNG: the first bar in colour, its anchors grey below it.

    Args:
        path: where to.
        scores: title of a panel → the score itself, then its anchors.

    Raises:
        UserError: nothing to draw.
        OSError: the file cannot be written.
    """
    if not scores or not all(scores.values()):
        raise UserError("there are no scores to draw: expected at least one measure, with at least one score each")
    wide = min(_COLUMNS, len(scores))
    with axes.panels(path, math.ceil(len(scores) / wide), wide, (3.6, 1.8)) as all_axes:
        for axis, (title, bars) in zip(all_axes, scores.items(), strict=False):
            _draw(axis, title, bars)
        for axis in all_axes[len(scores) :]:
            axis.set_visible(False)


def _draw(axis: "Axes", title: str, bars: Sequence[Score]) -> None:
    from matplotlib.ticker import MaxNLocator

    places = range(len(bars))
    colours = [_COLOURS[min(place, len(_COLOURS) - 1)] for place in places]
    axis.barh(places, [bar.value for bar in bars], color=colours, height=0.66)
    for place, bar in enumerate(bars):
        error = bar.standard_error or 0.0
        axis.errorbar(bar.value, place, xerr=error, color=axes.TEXT, capsize=3 if error else 0, linewidth=1)
        _write(axis, f"{bar.value:.3g}", max(bar.value + error, 0.0), place)
    axes.style(axis, title)
    axis.set_yticks(places, [bar.label for bar in bars])
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.margins(x=0.22)
    axis.axvline(0, color=axes.TEXT, linewidth=0.8)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=5))


def _write(axis: "Axes", text: str, x: float, y: float) -> None:
    """A little to the right of a point."""
    axis.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=8, color=axes.TEXT)
