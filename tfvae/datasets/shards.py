"""TFRecord files of images of one size, read in place.

A record is a header of 12 bytes (length and its checksum), the pixels of one image, and their checksum of 4 bytes. All
records are of one length, so the image of any number is found without reading what is before it.
"""

import struct
from pathlib import Path

import numpy as np

from tfvae.datasets import manifest
from tfvae.datasets.manifest import File
from tfvae.errors import UserError

_HEADER, _FOOTER = 12, 4  # bytes around the pixels


class Shards:
    """The images of some files as one array, (N, H, W, C) uint8, of which rows can be taken: `shards[rows]`.

    The files are mapped: memory holds what the system keeps of them, and gives back when it is needed.

    Args:
        folder: of the files.
        files: in order.
        image_shape: (H, W, C).

    Raises:
        UserError: a file is not there, or not of its size; the message names it.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, folder: Path, files: tuple[File, ...], image_shape: tuple[int, int, int]) -> None:
        counts = [file.images for file in files]
        self.shape = (sum(counts), *image_shape)
        self._first = np.cumsum([0, *counts])
        self._parts = [_mapped(folder / file.name, file.images, image_shape) for file in files]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) at n numbers, a copy."""
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        of_part = np.searchsorted(self._first, rows, "right") - 1
        for number in np.unique(of_part):
            chosen = of_part == number
            images[chosen] = self._parts[number][rows[chosen] - self._first[number]]
        return images


def _mapped(path: Path, count: int, image_shape: tuple[int, int, int]) -> np.ndarray:
    """(count, H, W, C), a view of the file."""
    pixels = int(np.prod(image_shape))
    expected = count * (_HEADER + pixels + _FOOTER)
    found = path.stat().st_size if path.is_file() else None
    if found != expected:
        state = "is missing" if found is None else f"has {found:,} bytes where its manifest says {expected:,}"
        raise UserError(f"{path} {state}: {manifest.AGAIN}, which writes what is damaged anew")
    records = np.memmap(path, np.uint8, "r", shape=(count, _HEADER + pixels + _FOOTER))
    if any(struct.unpack("<Q", records[row, :8].tobytes())[0] != pixels for row in (0, -1)):
        raise UserError(f"{path} holds other records than {pixels:,} bytes each: {manifest.AGAIN}")
    return records[:, _HEADER:-_FOOTER].reshape(count, *image_shape)
