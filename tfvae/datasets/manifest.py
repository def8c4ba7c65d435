"""What lies beside prepared shards and says what they hold: `manifest.json`."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfvae import files
from tfvae.errors import UserError

VERSION = 1  # of the format
NAME, PROGRESS = "manifest.json", "progress.json"
AGAIN = "run the same python -m tfvae.datasets.prepare again"
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class File:
    """A file beside the manifest.

    Attributes:
        name: its name.
        images: how many it holds, or tells of.
        sha256: of its bytes.
    """

    name: str
    images: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """A split.

    Attributes:
        images: how many.
        digest: of the source that they were made from: see `Source.digest`.
        shards: their files, in order.
        labels: an `.npy` file, or None.
    """

    images: int
    digest: str
    shards: tuple[File, ...]
    labels: File | None = None

    @property
    def files(self) -> tuple[File, ...]:
        """The shards, and the labels."""
        return (*self.shards, *([self.labels] if self.labels else []))


@dataclass(frozen=True)
class Manifest:
    """Prepared images.

    Attributes:
        source: the data set and all its options, among them the crop; its files that could not be decoded.
        image_shape: (H, W, C); images are uint8, row by row.
        images_per_shard: of all shards of a split but the last.
        label_names: see `Source`.
        parts: train, and validation and test if there are any.
        notes: of the data set, for reports.
        versions: of the packages that made them.
        version: of the format.
    """

    source: dict[str, Any]
    image_shape: tuple[int, int, int]
    images_per_shard: int
    label_names: tuple[str, ...]
    parts: dict[str, Part]
    notes: tuple[str, ...]
    versions: dict[str, str]
    version: int = VERSION

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes of the shards."""
        digests = {name: part.digest for name, part in self.parts.items()}
        return identity(self.source, self.image_shape, self.images_per_shard, digests)


def identity(
    source: dict[str, Any], image_shape: tuple[int, ...], images_per_shard: int, digests: dict[str, str]
) -> dict[str, Any]:
    """What decides the bytes of the shards, as plain JSON types. See `Manifest` and `Part`."""
    found = {"source": source, "image_shape": image_shape, "images_per_shard": images_per_shard, "digests": digests}
    return json.loads(json.dumps({**found, "version": VERSION}))


def write(folder: Path, manifest: Manifest) -> None:
    """Writes it at once."""
    files.write_json(folder / NAME, dataclasses.asdict(manifest))


def read(folder: Path) -> Manifest:
    """The manifest of a folder of prepared images.

    Raises:
        UserError: there is none, or it is damaged, or of another version of the format.
    """
    path = folder / NAME
    if not path.is_file():
        half = (folder / PROGRESS).exists()
        raise UserError(
            f"{folder} is only half prepared: {AGAIN}, and it goes on"
            if half
            else f"{folder} has no {NAME}: give the folder that python -m tfvae.datasets.prepare has written"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["version"] != VERSION:
            raise UserError(
                f"{path} is of version {values['version']}, and this program reads {VERSION}: prepare the images "
                f"again, into another folder"
            )
        return _manifest(values)
    except UserError:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({type(error).__name__}: {error}): remove it, and {AGAIN}") from error


def _manifest(values: dict[str, Any]) -> Manifest:
    height, width, channels = values.pop("image_shape")
    parts = {name: _part(**part) for name, part in values.pop("parts").items()}
    names, notes = tuple(values.pop("label_names")), tuple(values.pop("notes"))
    return Manifest(image_shape=(height, width, channels), parts=parts, label_names=names, notes=notes, **values)


def _part(images: int, digest: str, shards: list[dict[str, Any]], labels: dict[str, Any] | None) -> Part:
    return Part(images, digest, tuple(File(**shard) for shard in shards), File(**labels) if labels else None)


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
