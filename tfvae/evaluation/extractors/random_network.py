"""A convolutional network with random weights: needs no data, no download and no training."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.extractors.base import Extractor, Request, check_limits, digest

_CHANNELS = (32, 64, 64)  # of 3×3 convolutions of stride 2, each followed by a ReLU
_QUARTERS = 4  # of the last maps, each averaged by itself


def load(request: Request, *, size: int = 32, seed: int = 0) -> "RandomNetwork":
    """Features of a fixed network, of images that are at most `size` high and wide; `seed` gives another network."""
    check_limits("random", (("size", 8, 256), ("seed", 0, 2**31 - 1)), {"size": size, "seed": seed})
    return RandomNetwork(request.image_shape, size, seed)


class RandomNetwork(Extractor):
    """Means over each map of a small convolutional network, and where in the last maps they come from.

    Random networks rank generative models much as trained ones do, far from natural images too: Naeem et al.,
    "Reliable fidelity and diversity metrics for generative models", ICML 2020, §4; Lee, Kim and Lee, "Demystifying
    randomly initialized networks for evaluating generative models", AAAI 2023. The weights are drawn by NumPy, so
    that no version of TensorFlow changes them.

    Args:
        image_shape: (H, W, C).
        size: longer sides are reduced to this.
        seed: of the weights.
    """

    def __init__(self, image_shape: tuple[int, int, int], size: int, seed: int) -> None:
        self.image_shape = image_shape
        self.size = size
        self.seed = seed

    def record(self) -> dict[str, Any]:
        """See `Extractor.record`; the hash is of the weights."""
        return {
            "name": "random",
            "seed": self.seed,
            "hash": digest(self.kernels),
            "input_size": list(resizing.area_size(self.image_shape, self.size)),
            "resize": resizing.AREA,
            "num_features": sum(_CHANNELS[:-1]) + _QUARTERS * _CHANNELS[-1],
        }

    @cached_property
    def kernels(self) -> list[np.ndarray]:
        """He-normal kernels (3, 3, in, out) float32: He et al., ICCV 2015."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        widths = (self.image_shape[2], *_CHANNELS)
        shapes = [(3, 3, before, after) for before, after in zip(widths, _CHANNELS, strict=False)]
        return [(rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:3]))).astype(np.float32) for shape in shapes]

    def features(self, images: np.ndarray) -> np.ndarray:
        """See `Extractor.features`."""
        return self._network(resizing.area(images, self.size) * 2 - 1).numpy()

    @cached_property
    def _network(self) -> Callable[[np.ndarray], Any]:
        import tensorflow as tf  # here, as `record` is wanted without it

        height, width = (-(-side // 2 ** len(_CHANNELS)) for side in resizing.area_size(self.image_shape, self.size))

        def network(images: tf.Tensor) -> tf.Tensor:
            found, x = [], images
            for kernel in self.kernels:
                x = tf.nn.relu(tf.nn.conv2d(x, kernel, strides=2, padding="SAME"))
                found.append(tf.reduce_mean(x, axis=(1, 2)))
            quarters = [x[:, rows, columns] for rows in _halves(height) for columns in _halves(width)]
            return tf.concat([*found[:-1], *(tf.reduce_mean(part, axis=(1, 2)) for part in quarters)], axis=1)

        return tf.function(network, reduce_retracing=True)


def _halves(length: int) -> tuple[slice, slice]:
    """They share the middle one of an odd number."""
    return slice(0, (length + 1) // 2), slice(length // 2, length)
