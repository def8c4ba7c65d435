"""KL weights that rise once, from `start` to `beta`, and stay (Bowman et al. 2016, section 3.1)."""

import abc
import math
from dataclasses import dataclass

import keras
import tensorflow as tf

from tfvae.schedules.base import KLWeight


@dataclass(frozen=True)
class Warmup(KLWeight):
    """Rises over `duration`; a subclass gives the shape of the rise.

    Args:
        duration: in steps (int) or as a share of the run (float).
        start: β at the first step.
        beta: β at the end of `duration` and after it.
    """

    limits = (("start", 0.0, 1e6), ("beta", 0.0, 1e6))

    duration: int | float = 0.3
    start: float = 0.0
    beta: float = 1.0

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.weight`."""
        share = tf.minimum(self.progress(step, self.duration), 1.0)
        return self.start + (self.beta - self.start) * self.shape(share)

    @abc.abstractmethod
    def shape(self, share: tf.Tensor) -> tf.Tensor:
        """A rise from 0 at share 0 to 1 at share 1, scalar."""


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Linear(Warmup):
    """In a straight line. Args: see `Warmup`."""

    def shape(self, share: tf.Tensor) -> tf.Tensor:
        """See `Warmup.shape`."""
        return share


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Cosine(Warmup):
    """Along half a cosine: flat at both ends. Args: see `Warmup`."""

    def shape(self, share: tf.Tensor) -> tf.Tensor:
        """See `Warmup.shape`."""
        return 0.5 - 0.5 * tf.cos(math.pi * share)


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Sigmoid(Warmup):
    """Along a logistic curve, scaled to pass through both ends. Args: see `Warmup`, and

    sharpness: width of the logistic's argument; larger is nearer to a step at half the duration.
    """

    limits = (("start", 0.0, 1e6), ("beta", 0.0, 1e6), ("sharpness", 0.1, 100.0))

    sharpness: float = 12.0

    def shape(self, share: tf.Tensor) -> tf.Tensor:
        """See `Warmup.shape`."""
        curve = tf.sigmoid(self.sharpness * (share - 0.5))
        low = 1.0 / (1.0 + math.exp(0.5 * self.sharpness))
        return (curve - low) / (1.0 - 2.0 * low)
