"""A KL held at a growing capacity."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tfvae import objectives
from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Capacity(KLWeight):
    """γ·|KL − C| with C growing linearly from 0 (Burgess et al. 2018, eq. 8). β is reported as γ.

    Args:
        gamma: γ, per nat.
        capacity: C at the end, in nats of the KL summed over latents.
        duration: of the growth, in steps (int) or as a share of the run (float).
    """

    limits = (("gamma", 0.0, 1e6), ("capacity", 0.0, 1e6))

    gamma: float = 100.0
    capacity: float = 25.0
    duration: int | float = 0.7

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.weight`."""
        del step
        return tf.constant(self.gamma, tf.float32)

    def penalty(self, kl_per_latent: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.penalty`."""
        capacity = self.capacity * tf.minimum(self.progress(step, self.duration), 1.0)
        return objectives.capacity_penalty(tf.reduce_sum(kl_per_latent, axis=-1), self.gamma, capacity)
