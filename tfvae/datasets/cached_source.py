"""Decoded images kept in memory, from when they are first read on."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from tfvae.datasets.base import Source


class CachedSource(Source):
    """The images of another source, each read once: those read before come from memory, bit for bit the same.

    Memory is taken as images are read, `nbytes` of the source at most. A subset shares it.

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
