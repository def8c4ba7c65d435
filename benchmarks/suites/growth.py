"""Time and memory against what there is more of: images, pixels, latents, a larger batch, draws."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.suite import Findings, Session, Suite, Table
from benchmarks.workers import call

LINEAR = 1.1  # a slope that is one, but for the spread of single measurements
FACES = ("--config=celeba64", "--config.train.batch_size=16")


class Curve(NamedTuple):
    """One quantity that grows.

    Attributes:
        title: what grows.
        values: how far.
        size: value → what time is expected to be proportional to.
        target: "module:function" of `benchmarks.growing`.
        options: value → its keyword arguments.
        note: what is to be known to read it.
    """

    title: str
    values: Sequence[int]
    size: Callable[[int], int]
    target: str
    options: Callable[[int], dict[str, Any]]
    note: str = ""


def _same(value: int) -> int:
    return value


CURVES = (
    Curve(
        "images: an epoch of batches of 256, 28×28, made when they are read",
        (1_000, 5_000, 20_000, 50_000, 200_000),
        _same,
        "reading",
        lambda count: {"num_images": count},
        note="The pixels of 200,000 such images are 157 MB; what is added is the batches on their way, and the order.",
    ),
    Curve(
        "side of the images: a training step of celeba64's network, batch 16 (size: pixels)",
        (32, 64, 128, 256),
        lambda side: side * side,
        "training_step",
        lambda side: {"flags": [*FACES, f"--config.data.image_shape=({side},{side},3)"]},
    ),
    Curve(
        "latents: a training step of celeba64, batch 16",
        (16, 64, 256, 1024),
        _same,
        "training_step",
        lambda count: {"flags": [*FACES, f"--config.model.latent_dim={count}"]},
    ),
    Curve(
        "batch: a training step of celeba64",
        (8, 32, 128, 512),
        _same,
        "training_step",
        lambda count: {"flags": ["--config=celeba64", f"--config.train.batch_size={count}"]},
    ),
    Curve(
        "draws K of importance sampling: log p(x) of 16 images, gaussian_mnist",
        (1, 10, 100, 1_000, 5_000),
        _same,
        "importance_sampling",
        lambda count: {"flags": ["--config=gaussian_mnist"], "num_images": 16, "num_samples": count},
        note="Draws are taken in chunks of bounded memory.",
    ),
)
COLUMNS = ("value", "seconds", "µs for each unit of size", "seconds to the first batch", "MB added")


def _measure(session: Session) -> Findings:
    tables, slopes = [], []
    for curve in CURVES:
        points = [call(f"benchmarks.growing:{curve.target}", **curve.options(value)) for value in curve.values]
        rows = [_row(curve, *pair) for pair in zip(curve.values, points, strict=True)]
        tables.append(Table(curve.title, COLUMNS, rows, curve.note))
        slopes.append(slope_row(curve, points))
        session.say(f"    {curve.title}: time grows as size^{slopes[-1][1]}, memory as size^{slopes[-1][3]}")
    return Findings(tables=[Table("Slopes of log against log", SLOPE_COLUMNS, slopes, SLOPE_NOTE), *tables])


def _row(curve: Curve, value: int, point: dict[str, float]) -> tuple[float | None, ...]:
    seconds = point["seconds"]
    each = 1e6 * seconds / curve.size(value)
    return value, seconds, each, point.get("first_seconds"), point["added_bytes"] / 1e6


SLOPE_COLUMNS = ("what grows", "time", "time, last two", "memory", "memory, last two", "linear or better")
SLOPE_NOTE = (
    "Slope 1 is linear, below it is better. The last two points say most: what is fixed hides growth before. Memory is "
    f"the peak above what the process held before. Linear or better: no slope above {LINEAR:g}."
)


def slope_row(curve: Curve, points: Sequence[dict[str, float]]) -> tuple[str, ...]:
    """The slopes of time and memory in words, of all points and of the last two, and the verdict."""
    sizes = [curve.size(value) for value in curve.values]
    seconds, added = ([max(point[name], 1e-9) for point in points] for name in ("seconds", "added_bytes"))
    found = [part for values in (seconds, added) for part in (slope(sizes, values), slope(sizes[-2:], values[-2:]))]
    return (curve.title, *(f"{value:.2f}" for value in found), "yes" if max(found) <= LINEAR else "**no**")


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Of log values against log sizes, by least squares.

    >>> round(slope([1, 10, 100], [3, 300, 30_000]), 6)
    2.0
    """
    return round(float(np.polyfit(np.log(sizes), np.log(values), 1)[0]), 6) + 0.0  # no −0


GROWTH = Suite(
    "Time and memory of ours against images, pixels, latents, batch and draws, with fitted slopes.", _measure
)
