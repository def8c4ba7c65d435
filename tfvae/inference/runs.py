"""Which run, and which version of its SavedModel."""

from pathlib import Path
from typing import NamedTuple

from tfvae.errors import UserError, nearest

# The run that is shipped: used when there is no other, whatever a fresh clone's file times say.
_SHIPPED = "example"
_TRAIN = "train one with: python vae.py"


class Run(NamedTuple):
    """A finished run: its folder, and the newest version of its SavedModel."""

    folder: Path
    serving: Path


def find_run(model_directory: Path, name: str | None = None) -> Run:
    """The run in the folder `name`, or of that name in `model_directory`; without a name, the one exported last.

    Raises:
        UserError: there is no such run, or none at all, or its training is not finished.
    """
    if name is not None and Path(name).is_dir():
        return _finished(Path(name))
    if not model_directory.is_dir():
        raise UserError(f"there is no folder {str(model_directory)!r} to look for runs in: {_TRAIN}")
    if _serving(model_directory) is not None:
        raise UserError(
            f"{str(model_directory)!r} is itself a run, not a folder of runs: write "
            f"--model_directory={model_directory.resolve().parent} --run={model_directory.resolve().name}"
        )
    return _newest(model_directory) if name is None else _named(model_directory, name)


def _named(model_directory: Path, name: str) -> Run:
    folder = model_directory / name
    if not name or not folder.is_dir():
        known = [path.name for path in _folders(model_directory)]
        raise UserError(f"there is no run {name!r} in {str(model_directory)!r}: {nearest(name, known)}; {_TRAIN}")
    return _finished(folder)


def _finished(folder: Path) -> Run:
    serving = _serving(folder)
    if serving is None:
        raise UserError(
            f"the run {str(folder)!r} has no SavedModel in serving/: its training is not finished; let vae.py end, "
            "or choose another run"
        )
    return Run(folder, serving)


def _newest(model_directory: Path) -> Run:
    folders = _folders(model_directory)
    finished = [Run(folder, serving) for folder in folders if (serving := _serving(folder)) is not None]
    if finished:
        return max(finished, key=lambda run: (run.folder.name != _SHIPPED, run.serving.stat().st_mtime, run.folder))
    if folders:
        names = ", ".join(folder.name for folder in folders)
        raise UserError(
            f"no run in {str(model_directory)!r} is finished (no serving/ in: {names}): let vae.py end, or {_TRAIN}"
        )
    raise UserError(f"there is no run in {str(model_directory)!r}: {_TRAIN}")


def _folders(model_directory: Path) -> list[Path]:
    return sorted(path for path in model_directory.iterdir() if path.is_dir() and not path.name.startswith("."))


def _serving(folder: Path) -> Path | None:
    """The version with the highest number; one that is still being written has no saved_model.pb yet."""
    versions = [path.parent for path in folder.glob("serving/*/saved_model.pb") if path.parent.name.isdecimal()]
    return max(versions, key=lambda path: int(path.name), default=None)
