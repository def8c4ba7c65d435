"""Images that `python -m tfvae.datasets.prepare` has decoded and cropped once, read at the speed of memory."""

from pathlib import Path

import numpy as np

from tfvae.datasets import manifest
from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.manifest import Manifest, Part
from tfvae.datasets.npz import read_npy
from tfvae.datasets.shards import Shards
from tfvae.datasets.splitting import cut
from tfvae.errors import UserError


def load(request: Request) -> Splits:
    """The images of `request.dir`, a folder that `python -m tfvae.datasets.prepare` has written, in their splits.

    That every file is there and of its size is looked at here; checksums of what is in them, which take reading all
    of it, by `python -m tfvae.datasets.prepare --verify --output=FOLDER`.

    Args:
        request: `validation` images are cut from the training split where no validation split was prepared, the same
            ones as of the data set itself; `image_shape` can only be the one prepared.
    """
    if not request.dir:
        raise UserError(
            "the prepared data set needs data.dir: the folder that python -m tfvae.datasets.prepare has written"
        )
    found = manifest.read(request.path)
    if request.image_shape not in ((), found.image_shape):
        raise UserError(
            f"{request.dir} holds images {found.image_shape}, asked for as {request.image_shape}: prepare them with "
            f"--image_shape={','.join(map(str, request.image_shape))}, into another folder"
        )
    sources = {name: _source(request.path, found, part) for name, part in found.parts.items()}
    train, validation = sources["train"], sources.get("validation")
    if validation is None:
        train, validation = cut(train, request.validation, "validation")
    options = ", ".join(f"{name}={value!r}" for name, value in found.source["options"].items())
    notes = (f"prepared from {found.source['dataset']}({options})", *found.notes)
    return Splits(train, validation, sources.get("test"), notes, tuple(found.source["bad_files"]))


def _source(folder: Path, found: Manifest, part: Part) -> ArraySource:
    images = Shards(folder, part.shards, found.image_shape)
    labels = None if part.labels is None else _labels(folder / part.labels.name, part.images)
    return ArraySource(images, labels, found.label_names)


def _labels(path: Path, count: int) -> np.ndarray:
    if not path.is_file():
        raise UserError(f"{path} is missing: {manifest.AGAIN}, which writes what is damaged anew")
    labels = read_npy(path)
    if len(labels) != count:
        raise UserError(f"{path} has labels of {len(labels):,} images where there are {count:,}: {manifest.AGAIN}")
    return labels
