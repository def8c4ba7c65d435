"""Finite scalar quantisation: each number of a latent is rounded by itself."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfvae.quantizers.base import Quantized, Quantizer
from tfvae.quantizers.gradients import with_gradient_of
from tfvae.registry import limit_faults

SLACK = 1e-3  # by which the squashed range goes beyond the outermost levels, so that these are reached
MOST_CODES = 2**24
STANDARDISED_BY = 1024  # latents


@keras.saving.register_keras_serializable("tfvae.quantizers")
class FiniteScalarQuantizer(Quantizer):
    """Number i of a latent is squashed and rounded to one of Lᵢ levels in [−1, 1]; a code is their combination.

    Mentzer et al. 2023, arXiv:2309.15505. There is no codebook, so none that could collapse, and no loss of its own;
    gradients pass the rounding as if it were not there. With an even Lᵢ the levels are one more below zero than above.
    `adapt` shifts and scales latents so that they begin with mean 0 and variance 1: those of a fresh network may all be
    so small that they have one code.

    Args:
        levels: Lᵢ of each number: K is their product. (8, 5, 5, 5) are 1,000 codes, (8, 8, 8) are 512; the paper
            advises at least 5 each.

    Raises:
        ValueError: if there are no levels, or too few or too many.
    """

    limits = (("levels", 3, 256),)

    def __init__(self, levels: tuple[int, ...] = (8, 5, 5, 5), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        found = limit_faults(self.limits, {"levels": levels})
        if found or not levels or math.prod(levels) > MOST_CODES:
            words = f"levels is {tuple(levels)!r}: expected from 3 to {MOST_CODES:,} codes in all"
            raise ValueError(found[0] if found else words)
        self.levels = tuple(levels)
        sizes = np.array(levels)
        self._sizes = sizes.astype(np.int32)
        self._half = np.float32(sizes // 2)
        self._basis = np.cumprod([1, *sizes[:-1]]).astype(np.int32)
        self._span = np.float32((sizes - 1) * (1 + SLACK) / 2)
        self._offset = np.float32(0.5 * (sizes % 2 == 0))
        self._shift = np.arctanh(self._offset / self._span)  # zero is squashed to zero

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the size of the latents, (None, h, w, D).

        Raises:
            ValueError: if D is not the number of levels.
        """
        if input_shape[-1] != len(self.levels):
            raise ValueError(
                f"levels {self.levels} are of latents of {len(self.levels)} numbers, and the latents have "
                f"{input_shape[-1]}: give as many levels as a latent has numbers"
            )
        if not self.built:
            numbers = {"shape": (len(self.levels),), "trainable": False}
            self.mean = self.add_weight(name="mean", initializer="zeros", **numbers)
            self.deviation = self.add_weight(name="deviation", initializer="ones", **numbers)
        self.built = True

    @property
    def num_codes(self) -> int:
        """See `Quantizer.num_codes`."""
        return math.prod(self.levels)

    def call(self, latents: tf.Tensor, training: bool = False, seed: int = 0) -> Quantized:
        """See `Quantizer.call`."""
        del training, seed
        standard = (latents - self.mean) / self.deviation
        squashed = tf.tanh(standard + self._shift) * self._span - self._offset
        levels = tf.cast(tf.round(squashed) + self._half, tf.int32)  # (B, h, w, D), from 0 to Lᵢ − 1
        codes = tf.reduce_sum(levels * self._basis, axis=-1)
        quantized = with_gradient_of(self.lookup(codes), squashed / self._half)
        return Quantized(quantized, codes, tf.zeros_like(latents[:, 0, 0, 0]))

    def lookup(self, codes: tf.Tensor) -> tf.Tensor:
        """See `Quantizer.lookup`."""
        levels = tf.math.floormod(tf.expand_dims(codes, -1) // self._basis, self._sizes)
        return (tf.cast(levels, tf.float32) - self._half) / self._half

    @property
    def wanted_latents(self) -> int:
        """See `Quantizer.wanted_latents`."""
        return STANDARDISED_BY

    def adapt(self, latents: NDArray[np.floating[Any]], seed: int) -> None:
        """See `Quantizer.adapt`. Nothing in it is random."""
        del seed
        spread = latents.std(axis=0)
        self.mean.assign(latents.mean(axis=0))
        self.deviation.assign(np.where(spread > 0, spread, 1.0))

    def get_config(self) -> dict[str, Any]:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "levels": self.levels}
