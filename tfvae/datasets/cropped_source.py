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
        for first in range(0, len(indices), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            images[some] = self._crop.resize(np.stack([self._cut(self.names[index]) for index in indices[some]]))
        return images

    def _cut(self, name: str) -> np.ndarray:
        with self._naming(name):
            return self._crop.cut(self._container.read(name))

    @cached_property
    def _crop(self) -> Crop:
        return self._prepare()

    def _made_by(self) -> tuple[Any, ...]:
        return ("products of multiples of 2^-15", *super()._made_by())
