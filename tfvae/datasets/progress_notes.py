"""What has been written so far of images that are being prepared."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfvae import files
from tfvae.datasets import manifest
from tfvae.datasets.manifest import File
from tfvae.errors import UserError


class ProgressNotes:
    """Which files are finished, kept beside them in `progress.json` until all are.

    Args:
        folder: of the files; made if need be.
        identity: of what is being written: see `Manifest.identity`.

    Attributes:
        finished: files by name, as they were when they were written.

    Raises:
        UserError: the folder holds other images, finished or not.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self._path = folder / manifest.PROGRESS
        self._identity = identity
        folder.mkdir(parents=True, exist_ok=True)
        there, self.finished = self._read() if self._path.exists() else self._of_finished(folder)
        if there not in (None, identity):
            raise UserError(
                f"{folder} holds other prepared images ({_difference(there, identity)}): give another --output, or "
                f"remove that folder"
            )

    def add(self, file: File) -> None:
        """Takes note of a file that has its name."""
        self.finished[file.name] = file
        finished = [asdict(one) for one in self.finished.values()]
        files.write_json(self._path, {"identity": self._identity, "finished": finished})

    def remove(self) -> None:
        """Removes the notes, when the manifest is there."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> tuple[dict[str, Any] | None, dict[str, File]]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            return values["identity"], {file["name"]: File(**file) for file in values["finished"]}
        except (ValueError, TypeError, KeyError):
            return None, {}  # not ours, or damaged: all is written anew

    @staticmethod
    def _of_finished(folder: Path) -> tuple[dict[str, Any] | None, dict[str, File]]:
        if not (folder / manifest.NAME).exists():
            return None, {}
        found = manifest.read(folder)
        return found.identity, {file.name: file for part in found.parts.values() for file in part.files}


def _difference(there: dict[str, Any] | None, here: dict[str, Any]) -> str:
    there = there or {}
    names = [name for name in here if there.get(name) != here[name]]
    shown = [name for name in names if name != "digests"]
    if not shown:
        return "made from other image files"
    return "; ".join(f"{name} is {there.get(name)!r} there and {here[name]!r} here" for name in shown)
