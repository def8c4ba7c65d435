"""Any tree of image files, in a folder or a zip: PNG, JPEG, BMP, GIF, PGM, PPM; grey or colour; any size."""

from functools import partial
from pathlib import PurePosixPath

import numpy as np

from tfvae.datasets.assembly import assemble
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.containers import Container, open_container
from tfvae.datasets.decoding import SUFFIXES, decode, fit
from tfvae.datasets.file_source import FileSource
from tfvae.datasets.layout import read_layout
from tfvae.datasets.splitting import cut, cut_fraction
from tfvae.errors import UserError


def load(request: Request, *, test_fraction: float = 0.1) -> Splits:
    """The images below `request.dir`, a folder or a .zip, decoded when asked for.

    Folders named train, valid (val, validation) and test give the splits; without them, a fixed draw does.
    Other folders, if there are at least two, are classes and become labels. Images of another size than
    `request.image_shape` (if that is (): than the first image) are resized until the shorter side fits and cropped
    at the centre.

    Args:
        request: `validation` images are cut from the training split if no folder holds any.
        test_fraction: of all images, where no folder names a split; 0 for no test split.
    """
    if not request.dir:
        raise UserError("the folder data set needs data.dir: the folder, or the .zip, that holds the images")
    container = open_container(request.path)
    names, notes = _image_names(container)
    shape = request.image_shape or _first_shape(container, names, request.on_bad_file)
    layout = read_layout(names)
    prepare = partial(fit, height=shape[0], width=shape[1])
    source = FileSource(container, names, prepare, shape, layout.labels, layout.label_names)
    if layout.splits is None:
        train, test = cut_fraction(source, test_fraction, "test")
        validation = None
    else:
        parts = np.array(layout.splits, object)
        train, validation, test = (
            source.subset(np.flatnonzero(parts == part)) for part in ("train", "validation", "test")
        )
        outside = int(np.sum(parts == None))  # noqa: E711 (element by element)
        notes += (
            f"{outside:,} of {len(names):,} images lie outside the train, validation and test folders and are left out",
        ) * (outside > 0)
    if not validation:
        train, validation = cut(train, request.validation, "validation")
    return assemble(request, train, validation, test, notes)


def _image_names(container: Container) -> tuple[list[str], tuple[str, ...]]:
    every = container.names()
    names = [name for name in every if PurePosixPath(name).suffix.lower() in SUFFIXES]
    if not names:
        raise UserError(
            f"{container.path} holds no image ({len(every):,} other files): expected "
            f"{', '.join(sorted(SUFFIXES))} files, at any depth"
        )
    others = len(every) - len(names)
    return names, (f"{others:,} of {len(every):,} files are no images and are left out",) * (others > 0)


def _first_shape(container: Container, names: list[str], on_bad_file: str) -> tuple[int, int, int]:
    for name in names:
        try:
            image = decode(container.read(name))
        except Exception as error:  # Pillow raises a dozen kinds for damaged files
            if on_bad_file == "skip":
                continue
            raise UserError(
                f"{container.path / name} cannot be read as an image ({error}): mend or remove it, or set on_bad_file "
                "to 'skip'"
            ) from error
        return (image.height, image.width, len(image.getbands()))
    raise UserError(f"none of the {len(names):,} image files of {container.path} can be decoded")
