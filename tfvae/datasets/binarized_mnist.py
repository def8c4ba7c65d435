"""Statically binarised MNIST (Salakhutdinov and Murray, ICML 2008; files by Larochelle): 50,000 + 10,000 + 10,000."""

from pathlib import Path

import numpy as np

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.download import Download
from tfvae.datasets.files import DataFiles, Place
from tfvae.datasets.npz import read_npz
from tfvae.errors import UserError

_SHAPE = (28, 28, 1)
_PARTS = ("train", "valid", "test")
_URL = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_"

_FILES = DataFiles(
    dataset="binarized_mnist",
    files="binarized_mnist.npz, or binarized_mnist_train.amat, binarized_mnist_valid.amat, binarized_mnist_test.amat "
    "(top level or binarized_mnist/)",
    subfolders=("binarized_mnist",),
    advice=f"Get the three .amat files from {_URL}train.amat and so on.",
    # As pinned by tensorflow_datasets (url_checksums/binarized_mnist.txt).
    downloads=(
        Download(_URL + "train.amat", "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"),
        Download(_URL + "valid.amat", "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2"),
        Download(_URL + "test.amat", "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c"),
    ),
)


def load(request: Request) -> Splits:
    """The fixed binary images, without labels, delivered as uint8 0 and 255, so that value/255 is 0 or 1.

    It has a validation split of its own: `request.validation` is not used.
    """
    if request.image_shape not in ((), _SHAPE):
        raise UserError(
            f"binarized_mnist is {_SHAPE} and cannot be resized to {request.image_shape}: its pixels would no longer "
            "be binary; use mnist with pixels='binarize', or leave image_shape out"
        )
    train, validation, test = (_source(rows) for rows in _FILES.find(request, _look))
    return Splits(train, validation, test)


def _source(rows: np.ndarray) -> ArraySource:
    return ArraySource((rows.astype(np.uint8) * 255).reshape(-1, *_SHAPE))


def _look(place: Place) -> list[np.ndarray] | None:
    archive = place.path / "binarized_mnist.npz"
    if archive.exists():
        arrays = read_npz(archive, _PARTS)
        return [_checked(archive, arrays[part]) for part in _PARTS]
    paths = [place.path / f"binarized_mnist_{part}.amat" for part in _PARTS]
    return [_read_amat(path) for path in paths] if all(path.exists() for path in paths) else None


def _read_amat(path: Path) -> np.ndarray:
    # Lines of 784 digits with blanks between: 78 MB, for which numpy's text reader takes minutes.
    characters = np.frombuffer(path.read_bytes(), np.uint8)
    return _checked(path, characters[characters > ord(" ")] - ord("0"))


def _checked(path: Path, values: np.ndarray) -> np.ndarray:
    num_pixels = _SHAPE[0] * _SHAPE[1]
    if values.size == 0 or values.size % num_pixels or not np.all((values == 0) | (values == 1)):
        raise UserError(f"{path} does not hold rows of {num_pixels} values that are 0 or 1: get it anew")
    return values.reshape(-1, num_pixels)
