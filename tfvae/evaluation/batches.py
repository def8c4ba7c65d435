"""Batches as NumPy arrays."""

from collections.abc import Iterator

import numpy as np

from tfvae.datasets import pipeline
from tfvae.datasets.base import Source


def seen(source: Source, size: int, seed: int, pixels: str) -> Iterator[np.ndarray]:
    """Every image once, (B, H, W, C) float32 as a model sees them, in the order of the source.

    Raises:
        UserError: an image cannot be read.
    """
    with pipeline.readable_errors():
        for images in pipeline.evaluation_batches(source, size, seed=seed, pixels=pixels):
            yield images.numpy()
