"""The columns of a table: what each shows, and which of its cells may be compared."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfvae.durations import duration
from tfvae.evaluation import comparison
from tfvae.evaluation.figures import Figure
from tfvae.experiments.results import Result
from tfvae.likelihoods import LIKELIHOODS
from tfvae.models import MODELS


class Column(NamedTuple):
    """One column.

    Attributes:
        key: its name in JSON.
        title: its heading.
        figure: of a row; None is a dash.
        words: a figure as the cell shows it.
        kind: what a figure of the row may be compared with: those of the same kind. A sentence for the reader.
    """

    key: str
    title: str
    figure: Callable[[Result], Figure | None]
    words: Callable[[Figure], str]
    kind: Callable[[Result], str] = lambda result: ""


class Cell(NamedTuple):
    """One cell: its figure, what it may be compared with, and whether it is the best of these."""

    figure: Figure
    kind: str
    best: bool


def columns(published: Mapping[str, Mapping[str, float]]) -> list[Column]:
    """All columns of a table; what others have published of its rows stands beside the activations."""
    others = [Column(title, title, _published(rows), "{0.value:,g}".format) for title, rows in published.items()]
    return [
        Column("parameters", "parameters", _parameters, "{0.value:,.0f}".format),
        Column("activations", "activations, MB", _measured("showcase", "activations"), "{0.value:,.1f}".format),
        *others,
        Column("negative_elbo", "−ELBO, nats", _number("negative_elbo", "nats"), "{0.value:,.1f}".format, _nats),
        Column("bits_per_dim", "bits/dim", _number("bits_per_dim", "bits/dim"), "{0.value:.3f}".format),
        Column("mse", "test MSE", _measured("reconstruction", "mse"), _rounded, _seen),
        Column("ssim", "SSIM", _measured("reconstruction", "ssim"), _rounded, _seen),
        Column(
            "high_frequency_ratio", "fine detail", _measured("reconstruction", "high_frequency_ratio"), _rounded, _seen
        ),
        Column("frechet_distance", "Fréchet distance", _measured("distances", "frechet_distance"), _short, _features),
        Column("kernel_distance", "kernel distance", _measured("distances", "kernel_distance"), _rounded, _features),
        Column("seconds", "training", _training("seconds", "s"), lambda figure: duration(figure.value)),
        Column("images_per_second", "images/s", _training("images_per_second", ""), "{0.value:,.0f}".format),
    ]


def cells(column: Column, results: Sequence[Result]) -> dict[str, Cell]:
    """Row → cell, of the rows that have the figure.

    The best of each kind, and what is within a standard error of it, is marked; models without a prior are shown, but
    not counted, for they do not do what the others do: sample.
    """
    figures = {result.training.name: (result, found) for result in results if (found := column.figure(result))}
    kinds = {name: column.kind(result) for name, (result, _) in figures.items()}
    chosen: set[str] = set()
    for kind in set(kinds.values()):
        rivals = {name: figure for name, (result, figure) in figures.items() if kinds[name] == kind and counts(result)}
        chosen.update(comparison.best(rivals) if rivals else ())
    return {name: Cell(figure, kinds[name], name in chosen) for name, (_, figure) in figures.items()}


def counts(result: Result) -> bool:
    """Whether a row takes part in what is best."""
    return MODELS.constant(result.training.config.model.family.name, "has_prior", True)


def _parameters(result: Result) -> Figure | None:
    return Figure(result.report["model"]["trainable_parameters"]) if result.report else None


def _published(rows: Mapping[str, float]) -> Callable[[Result], Figure | None]:
    def figure(result: Result) -> Figure | None:
        value = rows.get(result.training.name)
        return None if value is None else Figure(value)

    return figure


def _measured(section: str, name: str) -> Callable[[Result], Figure | None]:
    return lambda result: result.figure(section, name)


def _number(name: str, unit: str) -> Callable[[Result], Figure | None]:
    def figure(result: Result) -> Figure | None:
        value = result.number(name)
        return None if value is None else Figure(value, unit, better="lower")

    return figure


def _training(name: str, unit: str) -> Callable[[Result], Figure | None]:
    return lambda result: Figure(result.report["training"][name], unit) if result.report else None


def _rounded(figure: Figure) -> str:
    """To two digits of its standard error."""
    return figure.rounded()[0]


def _short(figure: Figure) -> str:
    """To four digits: it has no standard error."""
    return np.format_float_positional(figure.value, 4, unique=False, fractional=False, trim="-")


def _nats(result: Result) -> str:
    """Bounds are of one kind if they are of the same thing: see `docs/experiments.md`."""
    config = result.training.config
    likelihood, pixels = config.model.likelihood, config.data.pixels
    support = LIKELIHOODS.constant(likelihood.name, "support", "interval")
    of_what = {
        ("binary", "binarize"): "probability of binarised pixels",
        ("levels", "unit"): "probability of 8-bit pixels",
        ("interval", "dequantize"): "density of dequantised pixels",
    }
    return of_what.get((support, pixels), f"density of 8-bit pixels taken for continuous, under {likelihood}")


def _seen(result: Result) -> str:
    pixels = result.protocol("reconstruction").get("pixels")
    return "against binarised images" if pixels == "binarize" else "against grey values"


def _features(result: Result) -> str:
    return "on features of " + json.dumps(_extractor(result), sort_keys=True)


def _extractor(result: Result) -> dict[str, Any]:
    return result.protocol("distances").get("extractor", {})
