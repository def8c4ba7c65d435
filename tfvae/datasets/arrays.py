"""Arrays of images that the user made: an `.npz` or `.npy` file."""

from pathlib import Path

import numpy as np

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.decoding import refit
from tfvae.datasets.npz import read_npy, read_npz
from tfvae.datasets.splitting import cut, cut_fraction
from tfvae.errors import UserError


def load(request: Request, *, test_fraction: float = 0.1) -> Splits:
    """Images (N, H, W) or (N, H, W, 1 or 3), uint8 or floats in [0,1].

    From an `.npy`, or an `.npz` with the array `images` and, if there are any, `labels` (N,) or (N, K).
    `request.dir` is the file, or a folder that holds exactly one.

    Args:
        request: `validation` images are cut from the training split; uint8 images are resized to `image_shape`.
        test_fraction: of all images, by a fixed draw; 0 for no test split.
    """
    path = _file(request)
    images, labels = _read(path)
    if labels is not None and (len(labels) != len(images) or not np.issubdtype(labels.dtype, np.integer)):
        raise UserError(
            f"{path} has labels {labels.shape} {labels.dtype} for {len(images):,} images: expected integers"
        )
    source = ArraySource(_shaped(path, images, request.image_shape), labels)
    train, test = cut_fraction(source, test_fraction, "test")
    return Splits(*cut(train, request.validation, "validation"), test)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    if path.suffix == ".npy":
        return _checked(path, read_npy(path)), None
    arrays = read_npz(path, ("images",), optional=("labels",))
    return _checked(path, arrays["images"]), arrays.get("labels")


def _file(request: Request) -> Path:
    if not request.dir:
        raise UserError("the arrays data set needs data.dir: the .npz or .npy file with the images")
    if request.path.is_file():
        return request.path
    found = sorted(path for path in request.path.iterdir() if path.suffix in (".npz", ".npy"))
    if len(found) != 1:
        raise UserError(
            f"{request.dir} holds {len(found)} .npz and .npy files: expected exactly one; give the file itself as "
            "data.dir"
        )
    return found[0]


def _checked(path: Path, images: np.ndarray) -> np.ndarray:
    if images.ndim not in (3, 4) or images.size == 0 or images.shape[3:] not in ((), (1,), (3,)):
        raise UserError(
            f"{path} holds images {images.shape}: expected (N, H, W) or (N, H, W, C) with 1 or 3 channels last"
        )
    if images.dtype == np.uint8:
        return images
    low, high = images.min(), images.max()  # NaN if there is one
    if not np.issubdtype(images.dtype, np.floating) or not (low >= 0 and high <= 1):
        raise UserError(
            f"{path} holds {images.dtype} images with values from {low} to {high}: expected uint8 from 0 to 255, or "
            "floats from 0 to 1 without NaN"
        )
    return images.astype(np.float32, copy=False)


def _shaped(path: Path, images: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    own = (*images.shape[1:], 1)[:3]
    if image_shape in ((), own):
        return images
    if images.dtype != np.uint8:
        raise UserError(f"{path} holds {own} floats, asked for as {image_shape}: only uint8 images are resized")
    return refit(images, image_shape)
