"""Writing files so that a crash leaves the old one or the new one, never half of one."""

import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.errors import UserError


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary name beside `path`, renamed to it when the block ends well, removed otherwise."""
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Puts the contents on the disk; else a power cut could find the new name there before them."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files that a killed process has left in `folder`, but not below it."""
    for path in folder.glob(".*"):
        if re.fullmatch(r"\..+\.\d+(\.[^.]*)?", path.name) and path.is_file():
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` at once."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name, as npz."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads what `save_arrays` wrote.

    Raises:
        UserError: the file is damaged; the message names it.
    """
    with path.open("rb") as opened:  # here: numpy leaves a damaged file open
        try:
            with np.load(opened, allow_pickle=False) as file:
                return dict(file.items())
        except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise UserError(
                f"{path} is damaged: put a whole copy in its place, or repeat what has written it"
            ) from error
