"""A KL weight that rises again and again."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.schedules")
@dataclass(frozen=True)
class Cyclical(KLWeight):
    """Each `period` rises linearly to `beta` over its first `rise`, then stays there (Fu et al. 2019, eq. 6).

    Args:
        period: length of one cycle, in steps (int) or as a share of the run (float).
        rise: share of a cycle spent rising.
        beta: β at the top.
    """

    limits = (("rise", 0.01, 1.0), ("beta", 0.0, 1e6))

    period: int | float = 0.25
    rise: float = 0.5
    beta: float = 1.0

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """See `KLWeight.weight`."""
        share = tf.math.floormod(self.progress(step, self.period), 1.0)
        return self.beta * tf.minimum(share / self.rise, 1.0)
