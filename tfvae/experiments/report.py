"""`report.md` and `report.json` of an experiment, with its pictures."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tfvae
from tfvae import files
from tfvae.experiments import markdown, picture, tradeoff
from tfvae.experiments.columns import Cell, Column, cells, columns
from tfvae.experiments.planning import Plan
from tfvae.experiments.results import Result


def write(made: Plan, results: Sequence[Result]) -> Path:
    """Writes the report and its pictures into the output folder, and returns that of `report.md`.

    Args:
        made: checked.
        results: of all its rows.
    """
    folder = made.request.output_dir
    groups = {name: [result for result in results if result.training.group == name] for name in made.groups}
    pictures = {name: _pictures(folder, name, made, rows) for name, rows in groups.items()}
    tables = {
        name: {column: cells(column, rows) for column in columns(made.groups[name].published)}
        for name, rows in groups.items()
    }
    text = [markdown.head(made, results)]
    text += [markdown.section(made, name, groups[name], tables[name], pictures[name]) for name in groups]
    known = _folders(made)
    files.write_text(folder / "report.md", without_folders("\n".join(text), known))
    files.write_json(folder / "report.json", _without_folders(_json(made, groups, tables, pictures), known))
    return folder / "report.md"


def without_folders(text: str, known: Iterable[Path] = ()) -> str:
    """A text without absolute folders: what is where here is nobody's business.

    Of a path without spaces the last part is left, and of any other what is below the known folder that it is in.

    >>> without_folders("'/data/faces.zip' and 1/2, '/my data/faces.zip'", [Path("/my data")])
    "'faces.zip' and 1/2, 'faces.zip'"
    """
    for folder in sorted(known, key=lambda path: -len(str(path))):  # those inside others first
        start = rf"(?<![\w./]){re.escape(str(folder))}"
        text = re.sub(start, lambda _, name=folder.name: name, re.sub(f"{start}/", "", text))
    return re.sub(r"(?<![\w./])/(?:[^\s/'\"`]+/)+", "", text)


def _without_folders(value: Any, known: Iterable[Path]) -> Any:
    """The same of all texts in plain JSON types."""
    if isinstance(value, dict):
        return {key: _without_folders(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(item, known) for item in value]
    return without_folders(value, known) if isinstance(value, str) else value


def _folders(made: Plan) -> set[Path]:
    """All that the experiment knows by a path, each as it is written and as it is on the disk."""
    request = made.request
    data = {*request.data.values(), *(training.config.data.dir for training in made.trainings)}
    data.add(os.environ.get("TFVAE_DATA_DIR", ""))
    own = [request.home, request.model_directory, request.output_dir, Path.home()]
    found = [path.expanduser().absolute() for path in [*own, *(Path(text) for text in data if text)]]
    return {path for each in found for path in (each, each.resolve()) if path.name}


def _pictures(folder: Path, name: str, made: Plan, results: Sequence[Result]) -> dict[str, str]:
    """File name → caption."""
    measured, found = [result for result in results if not result.failure], {}
    if measured:
        picture.draw(folder / f"{name}.png", measured)
        found[f"{name}.png"] = (
            "Originals, and below them each model's reconstructions of these test images (left), and samples of one "
            "seed (right, below further originals)"
        )
    points = tradeoff.points(made.groups[name].tradeoff, measured)
    if points:
        tradeoff.draw(folder / f"{name}_tradeoff.png", points)
        found[f"{name}_tradeoff.png"] = "Reconstruction and sampling over the weight of the KL term"
    return found


def _json(
    made: Plan,
    groups: Mapping[str, Sequence[Result]],
    tables: Mapping[str, Mapping[Column, Mapping[str, Cell]]],
    pictures: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    request = made.request
    return {
        "experiment": request.name,
        "about": request.experiment.about,
        "command": request.command,
        "tfvae": tfvae.__version__,
        "groups": {
            name: {
                "title": made.groups[name].title,
                "flags": [*made.groups[name].flags, *request.overrides],
                "rows": {result.training.name: _row(result, tables[name]) for result in results},
                "tradeoff": {
                    kind: [point._asdict() for point in line]
                    for kind, line in tradeoff.points(made.groups[name].tradeoff, results).items()
                },
                "pictures": dict(pictures[name]),
            }
            for name, results in groups.items()
        },
    }


def _row(result: Result, table: Mapping[Column, Mapping[str, Cell]]) -> dict[str, Any]:
    row = result.training.name
    found = {column.key: found[row] for column, found in table.items() if row in found}
    figures = {key: {**cell.figure.to_json(), "kind": cell.kind, "best": cell.best} for key, cell in found.items()}
    return {
        "preset": result.training.preset,
        "command": result.training.command,
        "failure": result.failure,
        "figures": figures,
        "data": result.report.get("data", {}),
        "training": result.report.get("training", {}),
        "protocols": {name: result.protocol(name) for name in result.sections},
    }
