"""Matplotlib without its global state, and the look that all charts share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tfvae.files import atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY, TEXT = "#2b6cb0", "#dd6b20", "#a0aec0", "#4a5568"
PALETTE = (BLUE, ORANGE, "#2f855a", "#c53030", "#6b46c1", "#b7791f", "#0987a0", "#97266d", "#4a5568", "#718096")


@contextmanager
def panels(
    path: str | os.PathLike[str], rows: int = 1, columns: int = 1, size: tuple[float, float] = (4.2, 2.9)
) -> Iterator[list["Axes"]]:
    """Gives empty axes in reading order, and writes them as one PNG, whole or not at all, when the block ends.

    Args:
        path: where to.
        rows: of panels.
        columns: of panels.
        size: width and height of a panel in inches.

    Raises:
        OSError: the file cannot be written.
    """
    # Imported late: matplotlib takes a while, and most users of this package draw no charts.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] * columns, size[1] * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    yield list(figure.subplots(rows, columns, squeeze=False).flat)
    with atomic(path) as temporary:
        figure.savefig(temporary, format="png")


def style(axis: "Axes", title: str = "", x: str = "", y: str = "") -> None:
    """Title, names of the axes, and the look of all our charts."""
    axis.set_title(title, fontsize=10, color=TEXT, loc="left")
    axis.set_xlabel(x, fontsize=9, color=TEXT)
    axis.set_ylabel(y, fontsize=9, color=TEXT)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8, colors=TEXT)
    axis.grid(axis="y", color="#e2e8f0", linewidth=0.8)
