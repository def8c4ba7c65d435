"""What MNIST and those that took over its files have in common."""

from pathlib import Path

import numpy as np

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.decoding import refit
from tfvae.datasets.files import DataFiles, Place
from tfvae.datasets.idx import read_idx
from tfvae.datasets.npz import read_npz
from tfvae.datasets.splitting import cut
from tfvae.errors import UserError

_KEYS = ("x_train", "y_train", "x_test", "y_test")  # as Keras names them
_STEMS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_OFFICIAL_TRAIN, _OFFICIAL_TEST = 60_000, 10_000


def load_family(
    request: Request, files: DataFiles, npz_patterns: tuple[str, ...], label_names: tuple[str, ...]
) -> Splits:
    """Loads x_train, y_train, x_test, y_test from an `.npz` or from four idx files.

    Args:
        request: see `Request`; validation images are cut from the training split.
        files: see `DataFiles`.
        npz_patterns: names of `.npz` files that may hold the arrays; * stands for anything.
        label_names: names of the classes.
    """
    x_train, y_train, x_test, y_test = files.find(request, lambda place: _look(place, npz_patterns))
    shape = request.image_shape or (*x_train.shape[1:3], 1)
    if shape != (*x_train.shape[1:3], 1):
        x_train, x_test = refit(x_train, shape), refit(x_test, shape)
    train = ArraySource(x_train, y_train.astype(np.int64), label_names)
    test = ArraySource(x_test, y_test.astype(np.int64), label_names)
    notes = (
        *_shortage(train.num_images, _OFFICIAL_TRAIN, "training"),
        *_shortage(test.num_images, _OFFICIAL_TEST, "test"),
    )
    return Splits(*cut(train, request.validation, "validation"), test, notes)


def _shortage(found: int, official: int, purpose: str) -> tuple[str, ...]:
    return () if found == official else (f"{found:,} of the official {official:,} {purpose} images",)


def _look(place: Place, npz_patterns: tuple[str, ...]) -> list[np.ndarray] | None:
    for pattern in npz_patterns:
        for path in sorted(place.path.glob(pattern)):
            arrays = read_npz(path, _KEYS)
            return _checked(path, [arrays[key] for key in _KEYS])
    # MNIST and Fashion-MNIST name these files alike: only the folder tells them apart.
    paths = [_idx_file(place.path, stem) for stem in _STEMS] if place.is_own else [None]
    return None if None in paths else _checked(place.path, [read_idx(path) for path in paths if path])


def _idx_file(folder: Path, stem: str) -> Path | None:
    found = [*folder.glob(f"{stem}[-.]idx?-ubyte"), *folder.glob(f"{stem}[-.]idx?-ubyte.gz")]
    return found[0] if found else None


def _checked(path: Path, arrays: list[np.ndarray]) -> list[np.ndarray]:
    for images, labels in (arrays[:2], arrays[2:]):
        if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1]:
            raise UserError(
                f"{path} holds images {images.shape} {images.dtype} and labels {labels.shape}: expected uint8 images "
                "(N, 28, 28) and labels (N,); get it anew"
            )
    return arrays
