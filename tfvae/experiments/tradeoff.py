"""Reconstruction against sampling, over the weight of the KL term."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tfvae import plotting
from tfvae.experiments.results import Result
from tfvae.quiet import import_tensorflow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (4.4, 3.4)


class Point(NamedTuple):
    """A row: its name, the w of "mean squared error + w·KL" on [0, 1], test MSE, Fréchet distance of samples."""

    name: str
    weight: float
    mse: float
    distance: float


def points(tradeoff: Mapping[str, Sequence[str]], results: Sequence[Result]) -> dict[str, list[Point]]:
    """Kind of model → its points by rising weight; rows that are not measured are left out, and kinds without any."""
    by_name = {result.training.name: result for result in results if not result.failure}
    found = {kind: [_point(by_name[name]) for name in names if name in by_name] for kind, names in tradeoff.items()}
    return {
        kind: sorted((point for point in line if point), key=lambda point: point.weight)
        for kind, line in found.items()
        if any(line)
    }


def _point(result: Result) -> Point | None:
    mse, distance = result.figure("reconstruction", "mse"), result.figure("distances", "frechet_distance")
    sigma = result.report["model"]["sigma"]
    if mse is None or distance is None or sigma is None:
        return None
    import_tensorflow()
    from tfvae import objectives

    beta = result.training.config.model.kl_weight.options.get("beta", 1.0)
    weight = objectives.mse_weight_of_scale(sigma, math.prod(result.report["data"]["image_shape"]), beta)
    return Point(result.training.name, weight, mse.value, distance.value)


def draw(path: Path, found: Mapping[str, Sequence[Point]]) -> None:
    """Writes three panels: either figure over the weight, and one against the other."""
    with plotting.panels(path, 1, 3, _PANEL) as axes:
        for (kind, line), colour in zip(found.items(), plotting.PALETTE, strict=False):
            weights, errors, distances = zip(*(point[1:] for point in line), strict=True)
            for axis, x, y in zip(axes, (weights, weights, errors), (errors, distances, distances), strict=True):
                axis.plot(x, y, marker="o", markersize=5, color=colour, linewidth=1.4, label=kind)
            for point in line:
                axes[2].annotate(
                    point.name, (point.mse, point.distance), (6, 4), textcoords="offset points", fontsize=7.5
                )
        _style(axes)


def _style(axes: Sequence["Axes"]) -> None:
    from matplotlib.ticker import MaxNLocator, NullFormatter  # late, as in `plotting.panels`

    weight = "w of “mean squared error + w·KL”"
    plotting.style(axes[0], "Reconstruction", weight, "test MSE")
    plotting.style(axes[1], "Sampling", weight, "Fréchet distance of samples")
    plotting.style(axes[2], "One against the other", "test MSE", "Fréchet distance of samples")
    for axis in axes[:2]:
        axis.set_xscale("log")
        axis.xaxis.set_minor_formatter(NullFormatter())  # labels between the powers of ten would run into each other
    for axis in axes:
        axis.margins(x=0.18, y=0.15)
    axes[2].margins(x=0.3)  # for the names
    axes[2].xaxis.set_major_locator(MaxNLocator(5))
    axes[0].legend(loc="upper left", fontsize=8, frameon=False)
