"""CelebA (Liu, Luo, Wang and Tang, ICCV 2015): 202,599 aligned faces, 178 wide and 218 high, colour, 40 attributes."""

from functools import partial
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from tfvae.datasets.assembly import assemble
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.celeba_crops import CROPS
from tfvae.datasets.celeba_lists import find_files, read_attributes, read_partition
from tfvae.datasets.containers import Container, open_container
from tfvae.datasets.cropped_source import CroppedSource
from tfvae.errors import UserError, nearest

_OFFICIAL = {"training": 162_770, "validation": 19_867, "test": 19_962}


def load(
    request: Request, *, crop: Literal["closecrop", "resizecrop", "squarecrop", "squeeze"] = "closecrop"
) -> Splits:
    """The official partition, or those of its images that are there, decoded when asked for.

    `img_align_celeba/` or `img_align_celeba.zip` (read in place) beside `list_eval_partition.txt` and, for labels
    (N, 40) of 0 and 1, `list_attr_celeba.txt`. It has a validation split of its own: `request.validation` is not
    used.

    Args:
        request: `image_shape` is (64, 64, 3) unless given, and square.
        crop: "closecrop" the face (140x140 at the centre), "resizecrop" and "squarecrop" the whole width (Lanczos,
            and bilinear from row 30 on), "squeeze" all of it, made narrower and lower to fit (bilinear). Pixels are
            those of Pillow, or one level of 255 beside them (about one of 250): see `resampling`.
    """
    if crop not in CROPS:
        raise UserError(f"there is no CelebA crop {crop!r}: {nearest(crop, CROPS)}")
    shape = request.image_shape or (64, 64, 3)
    if shape[0] != shape[1]:
        raise UserError(f"CelebA crops are square, but image_shape is {shape}: give equal height and width")
    files = find_files(request)
    container = open_container(files.images)
    found = _images(container)
    partition = read_partition(files.partition)
    listed = sorted(found.keys() & partition.keys())
    part_of = np.array([partition[image] for image in listed])
    labels, label_names = read_attributes(files.attributes, listed)
    prepare = partial(CROPS[crop], size=shape[0], channels=shape[2])
    source = CroppedSource(container, [found[image] for image in listed], prepare, shape, labels, label_names)
    train, validation, test = (source.subset(np.flatnonzero(part_of == part)) for part in range(3))
    notes = [
        f"{len(part):,} of {official:,} images of the official {name} partition found"
        for part, (name, official) in zip((train, validation, test), _OFFICIAL.items(), strict=True)
        if len(part) != official
    ]
    if len(listed) < len(found):
        notes.append(
            f"{len(found) - len(listed):,} of {len(found):,} image files are not in {files.partition.name}: left out"
        )
    return assemble(request, train, validation, test, tuple(notes))


def _images(container: Container) -> dict[str, str]:
    """File name without folders → name in the container."""
    names = (PurePosixPath(name) for name in container.names())
    return {name.name: str(name) for name in names if name.suffix == ".jpg"}
