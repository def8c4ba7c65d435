"""A constant KL weight."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Constant(KLWeight):
    """β at every step; β = 1 is the ELBO, another value the β-VAE (Higgins et al. 2017, eq. 4).

    Args:
        beta: β.
    """

    limits = (("beta", 0.0, 1e6),)

    beta: float = 1.0

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.weight`."""
        del step
        return tf.constant(self.beta, tf.float32)
