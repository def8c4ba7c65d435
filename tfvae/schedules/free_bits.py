"""A KL that is not charged below a floor."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tfvae import objectives
from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class FreeBits(KLWeight):
    """β·Σ_l max(λ, KL_l), each latent's KL averaged over the batch (Kingma et al. 2016, eq. 15).

    Args:
        floor: λ, nats a latent may cost without being charged for them.
        beta: β.
    """

    limits = (("floor", 0.0, 1e6), ("beta", 0.0, 1e6))
    by_latent = True

    floor: float = 0.1
    beta: float = 1.0

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.weight`."""
        del step
        return tf.constant(self.beta, tf.float32)

    def penalty(self, kl_per_latent: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.penalty`."""
        return self.weight(step) * objectives.free_bits_penalty(kl_per_latent, self.floor)
