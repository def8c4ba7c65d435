"""Training curves from a run's log."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfvae.errors import UserError
from tfvae.plotting import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRAINING, _VALIDATION, _LOSS = axes.BLUE, axes.ORANGE, axes.GREY
_COLUMNS = 3


class _Panel(NamedTuple):
    title: str
    unit: str
    key: str
    robust: bool = True  # cut off what would flatten the rest


_PANELS = (
    _Panel("Bound: −ELBO", "nats per image", "negative_elbo"),
    _Panel("Reconstruction: −log p(x|z)", "nats per image", "reconstruction"),
    _Panel("KL(q(z|x) ‖ p(z))", "nats per image", "kl"),
    _Panel("Bits per dimension", "bits", "bits_per_dim"),
    _Panel("Squared error", "mean over pixels", "mse"),
    _Panel("σ of the likelihood", "pixel value", "sigma", robust=False),
    _Panel("Active units", "latents", "active_units", robust=False),
    _Panel("Perplexity of the codes", "codes", "perplexity", robust=False),
    _Panel("Codes in use", "share of all", "codes_used", robust=False),
    _Panel("Cost of a code", "bits", "bits_per_code"),
    _Panel("β, weight of the KL", "", "beta", robust=False),
    _Panel("Gradient norm", "", "gradient_norm"),
    _Panel("Learning rate", "", "learning_rate", robust=False),
)
# `loss` is drawn inside the panel of the bound, or of the reconstruction where there is none.
_DRAWN = {"epoch", "loss", *(panel.key for panel in _PANELS)}


def curves(path: str | os.PathLike[str], log: Mapping[str, Sequence[float]]) -> None:
    """Draws a training log as one PNG, a panel for each quantity, training and validation in one panel.

    Args:
        path: where to.
        log: column name → one value per epoch, as a CSV log has them: `epoch` (if counted from 0, drawn from 1),
            `negative_elbo`, `reconstruction`, `kl` (nats), `mse`, `sigma`, `beta`, … and the same with the prefix
            `val_`. Absent columns have no panel; other columns get one of their own. Values that are not finite
            are gaps.

    Raises:
        UserError: no column to draw, or columns of different lengths.
        OSError: the file cannot be written.
    """
    columns = {key: np.asarray(values, np.float64) for key, values in log.items()}
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{key} {len(column)}" for key, column in columns.items())
        raise UserError(f"the columns of a log must have one value per epoch: received {lengths}")
    panels = [panel for panel in _panels(columns) if len(_series(panel, columns))]
    if not panels:
        raise UserError(f"the log holds nothing to draw: received the columns {sorted(columns) or 'none'}")
    _draw(path, panels, columns)


def _panels(columns: Mapping[str, NDArray[np.float64]]) -> list[_Panel]:
    others = dict.fromkeys(key.removeprefix("val_") for key in columns)
    return [*_PANELS, *(_Panel(key.replace("_", " "), "", key) for key in others if key not in _DRAWN)]


def _series(panel: _Panel, columns: Mapping[str, NDArray[np.float64]]) -> list[tuple[str, str, NDArray[np.float64]]]:
    """(label, colour, values) of each line of a panel that has a finite value."""
    wanted = [("training", _TRAINING, panel.key), ("validation", _VALIDATION, f"val_{panel.key}")]
    objective = "negative_elbo" if "negative_elbo" in columns else "reconstruction"
    if panel.key == objective and not _same(columns, "loss", objective):
        wanted.insert(0, ("loss as minimised", _LOSS, "loss"))
    found = [(label, colour, columns[key]) for label, colour, key in wanted if key in columns]
    return [line for line in found if np.isfinite(line[2]).any()]


def _same(columns: Mapping[str, NDArray[np.float64]], one: str, other: str) -> bool:
    return one in columns and other in columns and np.allclose(columns[one], columns[other], equal_nan=True)


def _draw(path: str | os.PathLike[str], drawn: Sequence[_Panel], columns: Mapping[str, NDArray[np.float64]]) -> None:
    wide = min(_COLUMNS, len(drawn))
    with axes.panels(path, math.ceil(len(drawn) / wide), wide) as all_axes:
        for panel, axis in zip(drawn, all_axes, strict=False):
            _draw_panel(axis, panel, columns)
        for axis in all_axes[len(drawn) :]:
            axis.set_visible(False)


def _draw_panel(axis: "Axes", panel: _Panel, columns: Mapping[str, NDArray[np.float64]]) -> None:
    from matplotlib.ticker import MaxNLocator

    lines = _series(panel, columns)
    count = len(lines[0][2])
    epochs = columns.get("epoch", np.arange(count))
    epochs = epochs + 1 if epochs[0] == 0 else epochs
    for label, colour, values in lines:
        axis.plot(epochs, values, color=colour, label=label, linewidth=1.6, marker="o" if count < 10 else None, ms=4)
    axes.style(axis, panel.title, "epoch", panel.unit)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    if len(lines) > 1 or lines[0][0] != "training":
        axis.legend(loc="upper right", fontsize=8, frameon=False)
    _limit(axis, np.concatenate([values for _, _, values in lines]), panel.robust)


def _limit(axis: "Axes", values: NDArray[np.float64], robust: bool) -> None:
    """Sets the y-limits where matplotlib's own would mislead: a constant, or extremes that flatten the rest."""
    values = values[np.isfinite(values)]
    low, high = values.min(), values.max()
    if low == high:
        axis.set_ylim(min(0, 2 * low), max(0, 2 * high) or 1)
        return
    kept = values[_typical(values)] if robust else values
    if len(kept) < len(values):
        margin = 0.05 * (kept.max() - kept.min())
        axis.set_ylim(kept.min() - margin, kept.max() + margin)
        beyond = ", ".join(f"{end:.3g}" for end in (low, high) if end not in kept)
        axis.set_title(f"cut off: {beyond}", fontsize=8, color=axes.TEXT, loc="right")


def _typical(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values stay in sight: all but those, as of a first epoch, many times farther out than the rest."""
    # The lower of two neighbours: of three values 1e6, 100, 90 the first must not count as a quartile.
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], method="lower")
    reach = 12 * (high - low)
    far = (values > high + reach) | (values < low - reach)
    return ~(far & (np.abs(values - middle) > 2 * abs(middle))) if reach else np.ones(values.shape, bool)
