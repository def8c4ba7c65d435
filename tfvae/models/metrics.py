"""Metrics over a whole epoch that Keras does not have."""

from typing import Any

import keras
import tensorflow as tf

THRESHOLD = 0.01  # of the variance of the posterior mean; Burda et al. 2016, section 5.2


class ActiveUnits(keras.metrics.Metric):
    """How many latents carry anything: those whose posterior mean varies over the data by more than 0.01.

    Args:
        size: the number of latents.
    """

    def __init__(self, size: int, name: str = "active_units", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.count = self.add_variable((), "zeros", name="count")
        self.total = self.add_variable((size,), "zeros", name="total")
        self.squares = self.add_variable((size,), "zeros", name="squares")

    def update_state(self, means: tf.Tensor) -> None:
        """Takes posterior means of a batch, (B, L)."""
        means = tf.cast(means, tf.float32)
        self.count.assign_add(tf.cast(tf.shape(means)[0], tf.float32))
        self.total.assign_add(tf.reduce_sum(means, axis=0))
        self.squares.assign_add(tf.reduce_sum(tf.square(means), axis=0))

    def result(self) -> tf.Tensor:
        """The number of active units, scalar."""
        mean = self.total / tf.maximum(self.count, 1.0)
        variance = self.squares / tf.maximum(self.count, 1.0) - tf.square(mean)
        return tf.reduce_sum(tf.cast(variance > THRESHOLD, tf.float32))
