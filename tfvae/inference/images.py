"""The user's own pictures, and the run's stored ones, as a batch that the model takes."""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tfvae.errors import UserError
from tfvae.plotting import to_uint8

_ARRAYS = (".npy", ".npz")
_MODES = {1: "L", 3: "RGB"}
_EXPECTED = "expected PNG, JPEG, BMP, GIF, PGM, PPM, or .npy/.npz with the key 'images'"
_FAULTS = (OSError, EOFError, SyntaxError, ValueError, zipfile.BadZipFile, Image.DecompressionBombError)


class Images(NamedTuple):
    """Named images: float32 (N, H, W, C) in [0, 1]."""

    names: tuple[str, ...]
    pixels: NDArray[np.float32]


def load_images(path: Path, shape: tuple[int, int, int]) -> Images:
    """Reads one file, or every file in a folder and below it in the order of their names; hidden ones are left out.

    The shorter side is fitted and the longer one cropped at its middle, so that nothing is distorted; colour
    becomes grey or grey colour as the model needs; transparent parts become white.

    Args:
        path: an image file, a .npy/.npz file of images, or a folder of either.
        shape: (height, width, channels) of the model.

    Raises:
        UserError: a folder without files, or files that are no images, each named.
    """
    found, faults = [], []
    for file in _files(path):
        try:
            name = file.name if path.is_file() else file.relative_to(path).as_posix()
            found += [(entry, _fitted(image, shape)) for entry, image in _read(file, name)]
        except _FAULTS as error:
            reason = str(error).replace(f"{str(file)!r}", "it").splitlines()[0]
            faults.append(f"--images: {str(file)!r} cannot be used as an image ({reason}): {_EXPECTED}")
    if faults:
        raise UserError("\n".join(faults))
    names, pixels = zip(*found, strict=True)
    return Images(names, np.stack(pixels))


def load_examples(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays stored with a run, among them `images`; empty if there is no such file.

    Raises:
        UserError: the file is damaged.
    """
    if not file.is_file():
        return {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except _FAULTS as error:
        raise UserError(f"{str(file)!r} cannot be read ({error}): train the run again, or delete the file") from error


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    inside = [file.relative_to(path) for file in path.rglob("*") if file.is_file()]
    visible = [path / file for file in sorted(inside) if not any(part.startswith(".") for part in file.parts)]
    if not visible:
        raise UserError(f"--images: the folder {str(path)!r} holds no files: {_EXPECTED}")
    return visible


def _read(file: Path, name: str) -> list[tuple[str, Image.Image | NDArray[np.float32]]]:
    if file.suffix.lower() in _ARRAYS:
        return [(f"{name}[{index}]", image) for index, image in enumerate(_array(file))]
    with Image.open(file) as image:
        return [(name, _upright(image))]


def _array(file: Path) -> NDArray[np.float32]:
    loaded = np.load(file, allow_pickle=False)
    if isinstance(loaded, np.lib.npyio.NpzFile):
        with loaded:
            if "images" not in loaded:
                raise ValueError(f"it has the keys {list(loaded)}, not 'images'")
            loaded = loaded["images"]
    if loaded.ndim == 2:
        loaded = loaded[None]
    if loaded.ndim == 3:
        loaded = loaded[None] if loaded.shape[-1] in _MODES else loaded[..., None]
    whole = to_uint8(loaded)
    return _unit(whole) if loaded.dtype == np.uint8 else loaded.astype(np.float32)


def _upright(image: Image.Image) -> Image.Image:
    """The first frame as a camera meant it, over white, 8 bits per channel."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits: Pillow would cut off all above 255
        return Image.fromarray(np.uint8(np.clip(np.asarray(upright, np.int64) // 257, 0, 255)))
    if upright.has_transparency_data:
        colours = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    return upright.convert("L" if upright.mode in ("1", "L") else "RGB")


def _fitted(image: Image.Image | NDArray[np.float32], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    if isinstance(image, np.ndarray):
        if image.shape == shape:
            return np.clip(image, 0, 1)
        grey = image[..., 0] if image.shape[-1] == 1 else image
        image = Image.fromarray(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8))
    height, width, channels = shape
    fitted = ImageOps.fit(image.convert(_MODES[channels]), (width, height), Image.Resampling.BICUBIC)
    return _unit(np.asarray(fitted)).reshape(shape)


def _unit(whole: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.divide(whole, 255, dtype=np.float32)
