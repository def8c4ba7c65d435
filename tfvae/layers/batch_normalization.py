"""Batch normalisation."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.layers import moments


@keras.saving.register_keras_serializable("tfvae.layers")
class BatchNormalization(keras.layers.BatchNormalization):
    """As `keras.layers.BatchNormalization`, by TensorFlow's fused operations.

    Keras computes the moments, the difference from the mean, its product with the scale and the sum with the offset one
    by one, and reads and writes the whole map each time; the fused operations do it in one or two readings.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """See `keras.layers.BatchNormalization.call`."""
        if mask is not None or isinstance(inputs, keras.KerasTensor) or not self._is_plain(inputs):
            return super().call(inputs, training=training, mask=mask)
        if not training or not self.trainable:
            averages = (tf.convert_to_tensor(self.moving_mean), tf.convert_to_tensor(self.moving_variance))
            return moments.scaled(inputs, *averages, *self._scale_and_offset(), self.epsilon)
        outputs, mean, variance = moments.normalised(inputs, *self._scale_and_offset(), self.epsilon)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1.0 - self.momentum))
        return outputs

    def _scale_and_offset(self) -> tuple[tf.Tensor, tf.Tensor]:
        ones, zeros = tf.ones(self.moving_mean.shape), tf.zeros(self.moving_mean.shape)
        return (
            ones if self.gamma is None else tf.convert_to_tensor(self.gamma),
            zeros if self.beta is None else tf.convert_to_tensor(self.beta),
        )

    def _is_plain(self, inputs: tf.Tensor) -> bool:
        last = self.axis in (-1, len(inputs.shape) - 1)
        return last and inputs.dtype in (tf.float32, tf.bfloat16) and not (self.renorm or self.synchronized)
