"""CIFAR-10 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).

50,000 + 10,000 photographs of ten kinds of thing, 32x32, colour.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Source, Splits
from tfvae.datasets.cifar10_batches import ARCHIVE, CLASSES, SHAPE, holds_batches, read_batches
from tfvae.datasets.decoding import refit
from tfvae.datasets.download import Download
from tfvae.datasets.file_source import FileSource
from tfvae.datasets.files import DataFiles, Place
from tfvae.datasets.folder import load as load_folder
from tfvae.datasets.splitting import cut
from tfvae.errors import UserError

_URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
_OFFICIAL_TRAIN, _OFFICIAL_TEST = 50_000, 10_000

_FILES = DataFiles(
    dataset="cifar10",
    files=f"{ARCHIVE} or cifar-10-batches-bin/ (top level or cifar10/), or images as cifar10/train/CLASS/ and "
    "cifar10/test/CLASS/ or a zip of them, cifar10.zip or cifar10_*.zip",
    subfolders=("cifar10", "cifar-10", "CIFAR10"),
    advice=f"Get {_URL}; the Python version is not read, as its pickles can run any code, nor is the Matlab one.",
    # 170,052,171 bytes, pinned as in tensorflow_datasets (url_checksums/cifar10.txt). The data set's own page gives
    # the MD5 c32a1d4ab5d03f1284b67883e8d87530.
    downloads=(Download(_URL, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),),
)

# What is not read: patterns of names, and why.
_REFUSED = (
    (
        ("cifar-10-python*", "cifar-10-batches-py*", "data_batch_1"),
        "the Python version of CIFAR-10 is made of pickles, which can run any code when they are opened",
    ),
    (
        ("cifar-10-matlab*", "cifar-10-batches-mat*", "data_batch_1.mat"),
        "there is no reader for the Matlab version of CIFAR-10",
    ),
)


def load(request: Request) -> Splits:
    """The official binary files, or image files in class folders; uint8, labels 0 to 9 in the official order.

    `cifar-10-binary.tar.gz` (read in place) or its folder `cifar-10-batches-bin/` are held in memory, 184 MB at the
    official size. Images below `train/CLASS/` and `test/CLASS/`, in a folder or a zip, are decoded when asked for.
    `request.dir` may also name the archive, the zip or the innermost folder itself.

    Fewer than the official 50,000 + 10,000 images are accepted, and said in the notes. Validation images are cut
    from the training split with a fixed seed.
    """
    splits = _FILES.find(request, _look)(request)
    num_train = len(splits.train) + len(splits.validation or ())
    notes = (
        *_shortage(num_train, _OFFICIAL_TRAIN, "training"),
        *_shortage(len(splits.test or ()), _OFFICIAL_TEST, "test"),
        *splits.notes,
    )
    return replace(splits, notes=notes)


def _shortage(found: int, official: int, purpose: str) -> tuple[str, ...]:
    return () if found == official else (f"{found:,} of the official {official:,} {purpose} images",)


def _look(place: Place) -> Callable[[Request], Splits] | None:
    """A function that loads what lies in one place."""
    path = place.path
    if path.is_file():
        _refuse_other_versions([path])
        return partial(_from_images if path.suffix.lower() == ".zip" else _from_batches, path=path)
    for batches in (path / "cifar-10-batches-bin", path, path / ARCHIVE):
        if holds_batches(batches):
            return partial(_from_batches, path=batches)
    archives = sorted((*path.glob("cifar10.zip"), *path.glob("cifar10[_-]*.zip")))
    if archives:
        return partial(_from_images, path=archives[0])
    if not place.is_own:  # what follows may be others': Keras and PyTorch keep the Python version in shared folders
        return None
    if (path / "train").is_dir():
        return partial(_from_images, path=path)
    _refuse_other_versions(sorted(path.iterdir()))
    return None


def _refuse_other_versions(paths: list[Path]) -> None:
    for path in paths:
        for patterns, why in _REFUSED:
            if any(path.match(pattern) for pattern in patterns):
                raise UserError(f"{path} is not read: {why}. Get {_URL} instead, which holds the same images")


def _from_batches(request: Request, path: Path) -> Splits:
    shape = request.image_shape or SHAPE
    train, test = (
        ArraySource(images if shape == SHAPE else refit(images, shape), labels, CLASSES)
        for images, labels in read_batches(path)
    )
    return Splits(*cut(train, request.validation, "validation"), test)


def _from_images(request: Request, path: Path) -> Splits:
    shape = request.image_shape or SHAPE
    splits = load_folder(replace(request, dir=str(path), image_shape=shape), test_fraction=0.0)
    classes = splits.train.label_names
    if splits.test is None or classes != CLASSES:
        found = ", ".join((*classes[: len(CLASSES)], *["…"] * (len(classes) > len(CLASSES)))) or "none"
        raise UserError(
            f"{path} has {'a' if splits.test else 'no'} test folder and the classes {found}: expected train/CLASS/ and "
            f"test/CLASS/ for the classes {', '.join(CLASSES)}; the folder data set takes any others"
        )
    return replace(splits, notes=(*splits.notes, *_jpeg_note(splits.train)))


def _jpeg_note(source: Source) -> tuple[str, ...]:
    names = source.names if isinstance(source, FileSource) else ()
    if not any(PurePosixPath(name).suffix.lower() in (".jpg", ".jpeg") for name in names):
        return ()
    return (
        "the images are JPEG copies, not the published arrays: bits/dim on them cannot be put beside published figures",
    )
