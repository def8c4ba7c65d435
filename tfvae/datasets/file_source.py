"""Images decoded when asked for: memory holds the names alone."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from tfvae.datasets.base import Source
from tfvae.datasets.containers import Container
from tfvae.datasets.decoding import decode
from tfvae.errors import UserError

_BLOCK = 256  # files a thread checks before it takes more: a task for each file would cost more than its name


class FileSource(Source):
    """Image files of a folder or a zip.

    Args:
        container: what holds the files.
        names: which of its files, in order.
        prepare: a function of a decoded image, grey or colour as `image_shape` says, that makes it H high and W wide.
        image_shape: (H, W, C).
        labels: see `Source`.
        label_names: see `Source`.
    """

    def __init__(
        self,
        container: Container,
        names: list[str],
        prepare: "partial[Any]",
        image_shape: tuple[int, ...],
        labels: np.ndarray | None = None,
        label_names: tuple[str, ...] = (),
    ) -> None:
        super().__init__(image_shape, np.dtype(np.uint8), labels, label_names)
        self._container = container
        self._prepare = prepare
        self.names = names

    @property
    def num_images(self) -> int:
        """Number of images N."""
        return len(self.names)

    def images(self, indices: ArrayLike) -> np.ndarray:
        """See `Source.images`."""
        indices = np.asarray(indices, np.int64)
        images = np.empty((*indices.shape, *self.image_shape), np.uint8)
        for row, index in enumerate(indices):
            images[row] = self._image(self.names[index])
        return images

    def _image(self, name: str) -> np.ndarray:
        try:
            image = self._prepare(decode(self._container.read(name), self.image_shape[2]))
        except Exception as error:  # Pillow raises a dozen kinds for damaged files
            raise self._fault(name, error) from error
        return np.asarray(image).reshape(self.image_shape)

    def _fault(self, name: str, error: Exception) -> UserError:
        """What to tell the user of a file."""
        return UserError(
            f"{self._container.path / name} cannot be read as an image ({error}): mend or remove the file, or "
            "set on_bad_file to 'skip' to leave such files out"
        )

    def subset(self, indices: ArrayLike) -> Self:
        """See `Source.subset`."""
        indices = np.asarray(indices, np.int64)
        names = [self.names[index] for index in indices]
        labels = None if self.labels is None else self.labels[indices]
        return type(self)(self._container, names, self._prepare, self.image_shape, labels, self.label_names)

    def digest(self) -> str:
        """See `Source.digest`. Files are read, not decoded; how they are cropped and resized is in the hash."""
        found = hashlib.sha256(repr((*self._made_by(), self.image_shape)).encode())
        for name in self.names:
            found.update(hashlib.sha256(self._container.read(name)).digest())
        return found.hexdigest()

    def _made_by(self) -> tuple[Any, ...]:
        """What says how a file becomes an image."""
        return (self._prepare.func.__name__, self._prepare.args, self._prepare.keywords)

    def without_bad_files(self) -> tuple[Self, tuple[str, ...]]:
        """Decodes every file once, in parallel: the source of the good ones, and the names of the bad ones."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(self._bad_of, np.array_split(np.arange(self.num_images), -(-self.num_images // _BLOCK)))
            bad = np.array([index for block in found for index in block], np.int64)
        good = np.setdiff1d(np.arange(self.num_images), bad)
        return self.subset(good), tuple(self.names[index] for index in bad)

    def _bad_of(self, indices: np.ndarray) -> list[int]:
        return [index for index in indices if not self._is_good(index)]

    def _is_good(self, index: int) -> bool:
        try:
            self.images([index])
        except UserError:
            return False
        return True
