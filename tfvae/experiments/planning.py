"""Which trainings an experiment asks for: all are checked, and their data found, before any begins."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfvae import command_line, configuration, finished, splits
from tfvae.configuration import Config
from tfvae.datasets.base import Splits
from tfvae.errors import UserError
from tfvae.evaluation.extractors import Request as Features
from tfvae.evaluation.extractors import extractor
from tfvae.evaluation.subject import ImageSet
from tfvae.experiments import same_data
from tfvae.experiments.flags import Request
from tfvae.experiments.lists import Group, Row
from tfvae.flag_parsing import attempt
from tfvae.run_folder import Run


@dataclass(frozen=True)
class Training:
    """One row, checked.

    Attributes:
        name: of the row and the run.
        preset: by its name.
        group: the name of its group.
        arguments: the command line of `vae.py` that trains it.
        command: the same for people, without folders.
        config: every value checked.
        run: its folder.
    """

    name: str
    preset: str
    group: str
    arguments: tuple[str, ...]
    command: str
    config: Config
    run: Run

    @property
    def report(self) -> dict[str, Any] | None:
        """What the finished run says of itself; None if it is not finished."""
        if not self.run.report.exists():
            return None
        return json.loads(self.run.report.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Plan:
    """A checked experiment.

    Attributes:
        request: the command line.
        groups: by name, in order, those that have trainings.
        trainings: of all groups, in order.
    """

    request: Request
    groups: Mapping[str, Group]
    trainings: tuple[Training, ...]

    def of(self, group: str) -> list[Training]:
        """The trainings of a group."""
        return [training for training in self.trainings if training.group == group]

    def extractor(self, group: str) -> str:
        """What features the samples of a group are judged by."""
        return self.request.extractor or self.groups[group].extractor


def plan(request: Request) -> Plan:
    """All trainings, once their configurations, folders and images are known to be sound.

    Raises:
        UserError: all faults of configurations together; then those of folders; then those of data.
    """
    trainings = trainings_of(request)
    _check(clashes(trainings))
    _check(_other_runs(trainings))
    if request.only_report:
        trainings = [training for training in trainings if training.run.report.exists()]
        if not trainings:
            raise UserError(f"no row of {request.name} is finished in {request.model_directory}: nothing to report")
    names = dict.fromkeys(training.group for training in trainings)
    made = Plan(request, {name: request.experiment.groups[name] for name in names}, tuple(trainings))
    _check([fault for name in names for fault in _data_faults(made, name)])
    return made


def _check(faults: Sequence[str]) -> None:
    if faults:
        raise UserError("\n".join(dict.fromkeys(faults)))


def trainings_of(request: Request) -> list[Training]:
    """The rows that are wanted, each with its configuration checked.

    Raises:
        UserError: all faults of all rows.
    """
    faults: list[str] = []
    found = [
        attempt(_training, faults, request, name, group, row)
        for name, group in request.experiment.groups.items()
        for row in group.all_rows()
        if not request.rows or row.name in request.rows
    ]
    _check(faults)
    unused = set(request.data) - {training.config.data.dataset.name for training in found}
    _check([f"--data: no row of {request.name} is trained on {name!r}" for name in sorted(unused)])
    return found


def _training(request: Request, group_name: str, group: Group, row: Row) -> Training:
    own = (f"--config=config.py:{row.preset}", *group.flags, *row.flags)
    where = (f"--model_directory={request.model_directory}", f"--name={row.name}")
    asked = _parse(("vae.py", *own, *request.overrides, *where), request.home)
    arguments = (*own, *_data_flag(request, asked.config), *request.overrides, *where)
    checked = _parse(("vae.py", *arguments), request.home)
    return Training(
        row.name, row.preset, group_name, arguments, asked.command, checked.config, Run(checked.folder.absolute())
    )


def _parse(argv: Sequence[str], home: Path) -> command_line.Request:
    found = command_line.parse(argv, home)
    if isinstance(found, str):
        raise UserError(f"{' '.join(argv)} trains nothing: flags of rows and groups begin with --config.")
    return found


def _data_flag(request: Request, config: Config) -> tuple[str, ...]:
    path = request.data.get(config.data.dataset.name)
    return () if path is None else (f"--config.data.dir={Path(path).expanduser().absolute()}",)


def clashes(trainings: Sequence[Training]) -> list[str]:
    """A sentence for each two rows that cannot stand in one report, or in one table."""
    names = [training.name for training in trainings]
    found = [f"two rows are called {name!r}: give one a name of its own" for name in names if names.count(name) > 1]
    first: dict[str, Training] = {}
    for training in trainings:
        other = first.setdefault(training.group, training)
        if _images(training.config) != _images(other.config):
            found.append(
                f"{other.name} and {training.name} of the group {training.group!r} see other images (data set, folder, "
                "shape or validation images), and cannot be compared: put them into two groups"
            )
    return found


def _images(config: Config) -> tuple[Any, ...]:
    """What decides the images themselves; what is made of their pixels does not count."""
    data = configuration.to_json(config)["data"]
    return tuple(data[name] for name in ("dataset", "dir", "image_shape", "validation"))


def _other_runs(trainings: Sequence[Training]) -> list[str]:
    faults = []
    for training in trainings:
        exists = training.run.config.exists()
        different = finished.differences_there(training.run, training.config, resolved=False) if exists else []
        if different:
            faults.append(
                f"{training.run.folder} holds a run of another configuration ({'; '.join(different)}): "
                "give this experiment another --model_directory, or remove that folder"
            )
    return faults


def _data_faults(made: Plan, group: str) -> list[str]:
    """Of a group's images: whether they are found, some are for the test, and the runs there are of these."""
    trainings = made.of(group)
    config = trainings[0].config
    name = config.data.dataset.name
    try:
        found: Splits = splits.load(config)
        if found.test is None:
            raise UserError(f"{config.data.dataset} has no test images, which the rows are measured on")
        extractor(made.extractor(group), Features(ImageSet(f"{name} train", found.train, "unit", 0), fit=True))
        return same_data.faults([(training.run, training.config) for training in trainings], found)
    except UserError as error:
        hint = "" if name in made.request.data else f" (a place of its own is given by --data={name}:PATH)"
        return [f"group {group!r}: {error}{hint}"]
