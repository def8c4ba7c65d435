"""Image files that are all of one size, cut and resized many at a time."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfvae.datasets.celeba_crops import Crop
from tfvae.datasets.file_source import FileSource

_AT_ONCE = 16  # images resized together: what that takes stays near the processor


class CroppedSource(FileSource):
    """See `FileSource`; `prepare` makes the `Crop`."""

    def images(self, indices: ArrayLike) -> np.ndarray:
        """See `Source.images`."""
        indices = np.asarray(indices, np.int64)
        images = np.empty((*indices.shape, *self.image_shape), np.uint8)
        parts = np.empty((_AT_ONCE, *self._crop.shape), np.uint8)
        for first in range(0, len(indices), _AT_ONCE):
            names = [self.names[index] for index in indices[first : first + _AT_ONCE]]
            # All are read before one is decoded: threads that do the same get less in one another's way.
            for row, (name, data) in enumerate(list(map(self._file, names))):
                parts[row] = self._cut(name, data)
            images[first : first + len(names)] = self._crop.resize(parts[: len(names)])
        return images

    def _file(self, name: str) -> tuple[str, bytes]:
        try:
            return name, self._container.read(name)
        except Exception as error:  # of an archive: many kinds
            raise self._fault(name, error) from error

    def _cut(self, name: str, data: bytes) -> np.ndarray:
        try:
            return self._crop.cut(data)
        except Exception as error:  # Pillow raises a dozen kinds for damaged files
            raise self._fault(name, error) from error

    @cached_property
    def _crop(self) -> Crop:
        return self._prepare()

    def _made_by(self) -> tuple[Any, ...]:
        return ("products of multiples of 2^-15", *super()._made_by())
