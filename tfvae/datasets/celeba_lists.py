"""The files of CelebA: where they are, and what the lists say."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfvae.datasets.base import Request
from tfvae.datasets.files import DataFiles, Place
from tfvae.errors import UserError

_DATA_FILES = DataFiles(
    dataset="celeba",
    files="img_align_celeba/ or img_align_celeba.zip, together with list_eval_partition.txt (list_attr_celeba.txt is "
    "optional), at the top level, in celeba/, or in Img/, Eval/ and Anno/ as in the official download",
    subfolders=("celeba", "CelebA"),
    advice="CelebA may not be passed on: get it from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html.",
)


@dataclass(frozen=True)
class CelebaFiles:
    """Attributes: images (a folder or a zip), partition, attributes (None if absent): paths."""

    images: Path
    partition: Path
    attributes: Path | None


def find_files(request: Request) -> CelebaFiles:
    """Finds the images and their lists. Raises `UserError` if they are nowhere."""
    return _DATA_FILES.find(request, _look)


def _look(place: Place) -> CelebaFiles | None:
    images = _first(place, "img_align_celeba", "img_align_celeba.zip")
    partition = _first(place, "list_eval_partition.txt")
    if images is None or partition is None:
        return None
    return CelebaFiles(images, partition, _first(place, "list_attr_celeba.txt"))


def _first(place: Place, *names: str) -> Path | None:
    paths = (place.path / folder / name for name in names for folder in ("", "Img", "Eval", "Anno"))
    return next((path for path in paths if path.exists()), None)


def read_partition(path: Path) -> dict[str, int]:
    """Image name → 0 train, 1 validation, 2 test.

    Raises:
        UserError: a line is not of the form `000001.jpg 0`.
    """
    partition = {}
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or words[1] not in ("0", "1", "2"):
            raise UserError(f"{path}, line {number}, is {line!r}: expected an image name and 0, 1 or 2")
        partition[words[0]] = int(words[1])
    return partition


def read_attributes(path: Path | None, images: list[str]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The attributes (N, 40), 0 or 1 for the file's -1 and 1, of N images, and their names; None, () without a file.

    Raises:
        UserError: an image is not listed with a value for each name.
    """
    if path is None:
        return None, ()
    waiting = {image: row for row, image in enumerate(images)}
    with path.open(encoding="ascii", errors="replace") as lines:
        next(lines, "")  # the number of images
        names = tuple(next(lines, "").split())
        values = np.empty((len(images), len(names)), np.uint8)
        for line in lines:
            image, *words = line.split() or [""]
            if image in waiting and len(words) == len(names):
                values[waiting.pop(image)] = [word == "1" for word in words]
    if waiting:
        raise UserError(
            f"{path} does not list {next(iter(waiting))} with {len(names)} attributes: get the whole file, or remove "
            "it to go without attributes"
        )
    return values, names
