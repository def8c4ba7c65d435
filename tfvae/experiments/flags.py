"""The command line of the experiments: every fault found is reported, before any data is read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfvae import command_line
from tfvae.datasets import DATASETS
from tfvae.errors import UserError, nearest
from tfvae.experiments.lists import Experiment
from tfvae.flag_parsing import CommandLine, unknown


class Request(NamedTuple):
    """What a checked command line asks for.

    Attributes:
        name: of the experiment.
        experiment: it.
        home: the folder of `vae.py` and `config.py`.
        rows: the names of the rows that are wanted; (): all.
        overrides: `--config.SECTION.FIELD=VALUE` of every row.
        data: data set → where its images are.
        model_directory: the folder of the runs.
        output_dir: the folder of the report.
        extractor: in place of the groups' own, or None.
        only_report: train nothing.
        command: the command line that repeats this, without folders.
    """

    name: str
    experiment: Experiment
    home: Path
    rows: tuple[str, ...]
    overrides: tuple[str, ...]
    data: Mapping[str, str]
    model_directory: Path
    output_dir: Path
    extractor: str | None
    only_report: bool
    command: str


def parse(argv: Sequence[str], home: Path, about: str = "") -> Request | str:
    """The checked request, or a text to print if `--help` or `--list` was asked for.

    Args:
        argv: the command line, program name first.
        home: the folder that `vae.py` and `config.py` are in.
        about: what help begins with.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    config, changes, words = command_line.split(argv[1:])
    overrides = tuple(f"--config.{path}={text}" for path, text in changes.items())
    words += [f"--config={config}"] if config else []  # is no flag here
    name = words.pop(0) if words and not words[0].startswith("-") else ""
    line = _define(home)
    given, faults = line.read([argv[0], *words])
    if given["help"]:
        return about + line.help()
    if not (home / "vae.py").exists():
        raise UserError(f"there is no vae.py in {str(home)!r}: run this command in the folder of vae.py and config.py")
    lists: Mapping[str, Experiment] = getattr(command_line.config_module("", home)[0], "EXPERIMENTS", {})
    if not lists:
        raise UserError(f"there are no EXPERIMENTS in {str(home / 'config.py')!r}: write one, see docs/experiments.md")
    if given["list"]:
        return listing(lists)
    data = _folders(given["data"], faults)
    if not name:
        faults.insert(0, f"name an experiment first, as in python -m tfvae.experiments NAME: {nearest('', lists)}")
    elif name not in lists:
        faults.insert(0, f"there is no experiment {name!r}: {nearest(name, lists)}")
    else:
        faults += unknown("rows", "row", given["rows"], _row_names(lists[name]))
    if faults:
        raise UserError("\n".join(faults))
    return _request(name, lists[name], home, overrides, data, given)


def _request(
    name: str,
    experiment: Experiment,
    home: Path,
    overrides: tuple[str, ...],
    data: dict[str, str],
    given: Mapping[str, Any],
) -> Request:
    return Request(
        name=name,
        experiment=experiment,
        home=home,
        rows=given["rows"] or (),
        overrides=overrides,
        data=data,
        model_directory=Path(given["model_directory"]),
        output_dir=Path(given["output_dir"] or home / "model_directory" / "experiments" / name),
        extractor=given["extractor"],
        only_report=given["only_report"],
        command=_command(name, given, data, overrides),
    )


def _define(home: Path) -> CommandLine:
    line = CommandLine()
    runs = home / "model_directory" / "experiments" / "runs"
    line.names("rows", "train and report only these rows, with commas between them", "normal_5,inception_1")
    line.names("data", "where images of a data set are: DATASET:PATH, with commas between several", "folder:faces.zip")
    line.text("model_directory", str(runs), "folder of the runs; a preset that is finished there is not trained again")
    line.text("output_dir", None, "folder of the report; default: model_directory/experiments/NAME")
    line.text("extractor", None, "what takes features to judge samples by, in place of the lists' own choice")
    line.switch("only_report", "train nothing: measure and report what is finished")
    line.switch("list", "list the experiments")
    return line


def _folders(texts: Sequence[str] | None, faults: list[str]) -> dict[str, str]:
    """Data set → path; appends to `faults` what is no such pair."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, colon, path = text.partition(":")
        if not colon or not path:
            faults.append(f"--data: received {text!r}, expected DATASET:PATH: try --data=folder:faces.zip")
        elif name not in DATASETS:
            faults.append(f"--data: there is no data set {name!r}: {nearest(name, DATASETS)}")
        elif not Path(path).expanduser().exists():
            faults.append(f"--data: there is no file or folder {path!r} for {name}: check the path")
        found[name] = path
    return found


def _row_names(experiment: Experiment) -> list[str]:
    return [row.name for group in experiment.groups.values() for row in group.all_rows()]


def _command(name: str, given: Mapping[str, Any], data: Mapping[str, str], overrides: Sequence[str]) -> str:
    """Without the folders of this machine: of data only the last name is kept."""
    parts = ["python -m tfvae.experiments", name]
    if given["rows"]:
        parts.append(f"--rows={','.join(given['rows'])}")
    if data:
        parts.append("--data=" + ",".join(f"{dataset}:{Path(path).name}" for dataset, path in data.items()))
    if given["extractor"]:
        parts.append(f"--extractor={given['extractor']}")
    return " ".join([*parts, *overrides])


def listing(lists: Mapping[str, Experiment]) -> str:
    """The experiments, a line each, and the rows of their groups."""
    lines = []
    for name, experiment in lists.items():
        lines.append(f"{name}: {experiment.about}")
        for group_name, group in experiment.groups.items():
            rows = ", ".join(row.name for row in group.all_rows())
            lines.append(f"    {group_name} ({len(group.rows)}): {rows}")
            lines += [f"        {flag}" for flag in group.flags]
    return "\n".join(lines)
