"""The contract of every extractor: what features of images are, and what a reader must know of them."""

import abc
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvae.errors import UserError
from tfvae.evaluation.subject import ImageSet
from tfvae.registry import Limits, limit_faults


@dataclass(frozen=True)
class Request:
    """What an extractor is made for.

    Attributes:
        training: images that the measured model was trained on; an extractor is for images of their shape.
        fit: whether an extractor that has to be fitted, and is not in the cache, may be.
    """

    training: ImageSet
    fit: bool = False

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.training.source.image_shape


class Extractor(abc.ABC):
    """Features of images. Its module imports no TensorFlow at the top: `record` is wanted without it."""

    @abc.abstractmethod
    def record(self) -> dict[str, Any]:
        """All that decides the features, plain JSON types.

        `name`, `hash` (of the weights, or of all that they follow from), `input_size` (what an image has when it
        enters, [height, width]; None: as the model of a file wants it), `resize` (the filter), and `num_features`
        (None where only the model of a file can tell).
        """

    @abc.abstractmethod
    def features(self, images: np.ndarray) -> np.ndarray:
        """Features (B, F) float32 of images (B, H, W, C) float32 in [0, 1].

        Raises:
            UserError: the extractor cannot be loaded, or does not go with such images.
        """

    def class_probabilities(self, features: np.ndarray) -> np.ndarray | None:
        """p(class | image), (N, K), by the features (N, F) of images; None if it tells no classes apart."""
        del features
        return None

    def notes(self) -> tuple[str, ...]:
        """What a reader should know of it besides, once features have been taken, as sentences."""
        return ()

    def of(self, batches: Iterable[np.ndarray]) -> np.ndarray:
        """Features (N, F) of N images in batches."""
        return np.concatenate([self.features(batch) for batch in batches])


def digest(arrays: Iterable[np.ndarray]) -> str:
    """A hash of arrays, their types and shapes, in short; the same on machines of either byte order."""
    found = hashlib.sha256()
    for array in arrays:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        found.update(f"{little.dtype.str} {little.shape}".encode())
        found.update(little.data)
    return found.hexdigest()[:16]


def check_limits(name: str, limits: Limits, options: Mapping[str, Any]) -> None:
    """Raises `UserError` if a numeric option of extractor `name` is outside its limits."""
    found = limit_faults(limits, options)
    if found:
        raise UserError(f"extractor {name}: {'; '.join(found)}")
