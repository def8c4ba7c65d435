"""Images held in memory."""

import hashlib
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from tfvae.datasets.base import Source

_BLOCK = 4096  # images hashed at once


class Images(Protocol):
    """What is used of an array (N, H, W, C); `Shards` have that much."""

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> np.ndarray: ...


class ArraySource(Source):
    """Images of one array, of which a subset shares the pixels.

    Args:
        images: (N, H, W) or (N, H, W, C), uint8 in 0..255 or float32 in [0,1].
        labels: see `Source`.
        label_names: see `Source`.
        rows: (n,) which of the images make the source, and the labels are of; None for all.
    """

    def __init__(
        self,
        images: Images,
        labels: np.ndarray | None = None,
        label_names: tuple[str, ...] = (),
        rows: np.ndarray | None = None,
    ) -> None:
        images = images[..., None] if len(images.shape) == 3 else images
        super().__init__(images.shape[1:], images.dtype, labels, label_names)
        self._images = images
        self._rows = np.arange(len(images)) if rows is None else rows

    @property
    def num_images(self) -> int:
        """Number of images N."""
        return len(self._rows)

    def images(self, indices: ArrayLike) -> np.ndarray:
        """See `Source.images`."""
        return self._images[self._rows[np.asarray(indices, np.int64)]]

    def in_memory(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The array that holds the images, and which of its rows they are, (n,); None if it lies in files."""
        held = type(self._images) is np.ndarray  # a map of a file is a kind of array too
        return (self._images, self._rows) if held else None  # pyright: ignore[reportReturnType]

    def subset(self, indices: ArrayLike) -> Self:
        """See `Source.subset`."""
        indices = np.asarray(indices, np.int64)
        labels = None if self.labels is None else self.labels[indices]
        return type(self)(self._images, labels, self.label_names, self._rows[indices])

    def digest(self) -> str:
        """See `Source.digest`."""
        found = hashlib.sha256(f"{self.dtype} {self.image_shape}".encode())
        for first in range(0, self.num_images, _BLOCK):
            found.update(np.ascontiguousarray(self._images[self._rows[first : first + _BLOCK]]).data)
        return found.hexdigest()
