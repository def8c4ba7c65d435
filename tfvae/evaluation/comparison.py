"""Several runs side by side."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae import files, plotting
from tfvae.errors import UserError
from tfvae.evaluation import report
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections import SECTIONS

Report = Mapping[str, Any]


def write(folder: Path, reports: Sequence[Report]) -> None:
    """Writes `comparison.md`, `comparison.json` and, where there are bounds, the plot of rate against distortion.

    Args:
        folder: where to.
        reports: of the runs, as `report.read` gives them; at least two.
    """
    tables, refused = {}, {}
    for name in SECTIONS:
        having = {one["run"]: one[name] for one in reports if name in report.sections(one)}
        try:
            tables[name] = column_of_each(having) if len(having) > 1 else {}
        except UserError as refusal:
            refused[name] = str(refusal)
    points = rate_and_distortion(reports) if "density" not in refused else {}
    if points:
        draw(folder / "rate_distortion.png", points)
    names = [one["run"] for one in reports]
    files.write_text(folder / "comparison.md", markdown(names, tables, refused, bool(points)))
    files.write_json(folder / "comparison.json", {"runs": list(reports), "not_compared": refused})


def column_of_each(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Figure]]:
    """One section of several runs: name of the figure → run → figure.

    Raises:
        UserError: they were measured in different ways.
    """
    check_comparable({run: section["protocol"] for run, section in sections.items()})
    table: dict[str, dict[str, Figure]] = {}
    for run, section in sections.items():
        for name, figure in Findings.from_json(section).figures.items():
            table.setdefault(name, {})[run] = figure
    return table


def check_comparable(protocols: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises `UserError` that names what differs, unless all were measured in the same way."""
    (first, expected), *others = protocols.items()
    for run, protocol in others:
        keys = [key for key in sorted({*expected, *protocol}) if expected.get(key) != protocol.get(key)]
        if keys:
            differences = "; ".join(_difference(key, expected.get(key), protocol.get(key)) for key in keys)
            raise UserError(f"{first} and {run} were measured in different ways ({differences})")


def _difference(key: str, one: Any, other: Any) -> str:
    name = key.replace("_", " ")
    return name if isinstance(one, dict | list) else f"{name}: {one} and {other}"


def markdown(
    runs: Sequence[str],
    tables: Mapping[str, Mapping[str, Mapping[str, Figure]]],
    refused: Mapping[str, str],
    drawn: bool,
) -> str:
    """One table, a row for each run's figure and a column for each run, the best of a row in bold."""
    lines = ["# Comparison", "", f"| | {' | '.join(runs)} |", "|---|" + "---|" * len(runs)]
    for name, table in tables.items():
        if table:
            lines.append(f"| *{SECTIONS[name].title}* |" + " |" * len(runs))
        lines += [_row(figure, found, runs) for figure, found in table.items()]
    lines += [f"\nNot compared: {SECTIONS[name].title}, for {reason}." for name, reason in refused.items()]
    if drawn:
        lines += ["", "![Rate against distortion](rate_distortion.png)"]
    return "\n".join([*lines, ""])


def _row(name: str, found: Mapping[str, Figure], runs: Sequence[str]) -> str:
    chosen = best(found)
    cells = [f"**{found[run]}**" if run in chosen else str(found.get(run, "")) for run in runs]
    return f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"


def best(found: Mapping[str, Figure]) -> list[str]:
    """The runs with the best value of a figure, and those within the standard error of it; none without a contest."""
    direction = next(iter(found.values())).better
    values = {run: figure.value for run, figure in found.items() if figure.value == figure.value}
    if not direction or len(values) < 2:
        return []
    first = (min if direction == "lower" else max)(values, key=values.__getitem__)
    return [run for run in values if _level(found[run], found[first])]


def _level(one: Figure, best: Figure) -> bool:
    """Whether one is as good as the best, as far as their standard errors can tell."""
    error = math.hypot(one.standard_error or 0, best.standard_error or 0)
    return abs(one.value - best.value) <= error


def rate_and_distortion(reports: Sequence[Report]) -> dict[str, tuple[float, float]]:
    """Run → (rate, distortion) in nats, of the runs whose density was measured (Alemi et al. 2018)."""
    figures = {one["run"]: one["density"] for one in reports if "density" in report.sections(one)}
    return {run: (found["rate"]["value"], found["distortion"]["value"]) for run, found in figures.items()}


def draw(path: Path, points: Mapping[str, tuple[float, float]]) -> None:
    """Rate against distortion, with a line of equal bound through each run."""
    with plotting.panels(path, size=(5.6, 4.2)) as (axis,):
        for (run, (rate, distortion)), colour in zip(points.items(), _colours(len(points)), strict=True):
            axis.scatter([distortion], [rate], color=colour, label=f"{run}: {rate + distortion:.1f} nats", zorder=2)
            axis.axline((distortion, rate), slope=-1, color=colour, linewidth=0.8, alpha=0.4)
        axis.legend(fontsize=8, frameon=False, title="run: −ELBO", title_fontsize=8)
        plotting.style(axis, "Rate against distortion", "distortion −E log p(x|z), nats", "rate KL(q ‖ p), nats")


def _colours(count: int) -> list[str]:
    return [plotting.PALETTE[index % len(plotting.PALETTE)] for index in range(count)]
