"""Decoded images kept in memory, from when they are first read on."""

import math
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from tfvae.datasets.base import Source, Splits
from tfvae.datasets.file_source import FileSource


def keep(found: Splits, limit: int) -> Splits:
    """The same images, those that are decoded from files kept in memory if they fit: see `CachedSource`.

    Args:
        found: of which the training images come first, and then those for validation, which are read as often. Those
            for the test are not.
        limit: bytes, for all together.
    """
    kept: dict[str, Source] = {}
    for name in ("train", "validation"):
        source = getattr(found, name)
        size = _bytes(source) if isinstance(source, FileSource) else math.inf
        if size <= limit:
            kept[name] = CachedSource.over(source)
            limit -= int(size)
    if not kept:
        return found
    size = sum(map(_bytes, kept.values())) / 2**20
    names = {"train": "training", "validation": "validation"}
    note = f"kept in memory once decoded: {' and '.join(names[name] for name in kept)} images ({size:,.0f} MiB)"
    return replace(found, **kept, notes=(*found.notes, note))


def _bytes(source: Source) -> int:
    return source.num_images * math.prod(source.image_shape) * source.dtype.itemsize


class CachedSource(Source):
    """The images of another source, each read once: those read before come from memory, bit for bit the same.

    Memory is taken as images are read, what all of them take at most. A subset shares it.

    Args:
        source: read from.
        images: (M, H, W, C) of its dtype, where what was read is kept.
        known: (M,) bool, which of them have been read.
        rows: (n,) which of `images` those of the source are.
    """

    def __init__(self, source: Source, images: np.ndarray, known: np.ndarray, rows: np.ndarray) -> None:
        super().__init__(source.image_shape, source.dtype, source.labels, source.label_names)
        self._source = source
        self._images = images
        self._known = known
        self._rows = rows

    @classmethod
    def over(cls, source: Source) -> Self:
        """Keeps the images of `source`, of which none is read yet."""
        size = source.num_images
        images = np.empty((size, *source.image_shape), source.dtype)  # takes no memory before it is written
        return cls(source, images, np.zeros(size, bool), np.arange(size))

    @property
    def num_images(self) -> int:
        """Number of images N."""
        return len(self._rows)

    def images(self, indices: ArrayLike) -> np.ndarray:
        """See `Source.images`."""
        indices = np.asarray(indices, np.int64)
        rows = self._rows[indices]
        missing = ~self._known[rows]
        if missing.any():
            # Two threads may read the same image: they write the same bytes, and both before it counts as known.
            self._images[rows[missing]] = self._source.images(indices[missing])
            self._known[rows[missing]] = True
        return self._images[rows]

    def subset(self, indices: ArrayLike) -> Self:
        """See `Source.subset`."""
        indices = np.asarray(indices, np.int64)
        return type(self)(self._source.subset(indices), self._images, self._known, self._rows[indices])

    def digest(self) -> str:
        """See `Source.digest`."""
        return self._source.digest()
