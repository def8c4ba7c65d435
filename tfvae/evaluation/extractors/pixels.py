"""The pixels themselves: no model to be asked about, and blind to all that is not brightness at a place."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.extractors.base import Extractor, Request, check_limits


def load(request: Request, *, size: int = 16) -> "Pixels":
    """Grey or colour values of images that are at most `size` high and wide."""
    check_limits("pixels", (("size", 1, 256),), {"size": size})
    return Pixels(request.image_shape, size)


@dataclass(frozen=True)
class Pixels(Extractor):
    """Pixel values in [0, 1], row by row.

    Attributes:
        image_shape: (H, W, C).
        size: longer sides are reduced to this.
    """

    image_shape: tuple[int, int, int]
    size: int

    def record(self) -> dict[str, Any]:
        """See `Extractor.record`. There are no weights to hash."""
        height, width = resizing.area_size(self.image_shape, self.size)
        return {
            "name": "pixels",
            "hash": None,
            "input_size": [height, width],
            "resize": resizing.AREA,
            "num_features": height * width * self.image_shape[2],
        }

    def features(self, images: np.ndarray) -> np.ndarray:
        """See `Extractor.features`."""
        return resizing.area(images, self.size).reshape(len(images), -1)
