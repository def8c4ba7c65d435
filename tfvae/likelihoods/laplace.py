"""Laplace likelihood."""

from typing import Literal

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.location_scale import LocationScale


class LaplaceDistribution(tfd.Laplace):
    """TFP's, with a mean that keeps its static shape, which TFP's loses on images of one channel."""

    def _mean(self) -> tf.Tensor:
        return self.loc * tf.ones_like(self.scale)


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class Laplace(LocationScale):
    """x ~ Laplace(m, b) for each pixel, with m in (0, 1): absolute errors instead of squared ones.

    Args:
        scale: b as a number, "learned" (one for all pixels), "optimal" (the batch's own) or "per_pixel".
        location: how the decoder's output becomes m: "sigmoid", or "tanh" mapped to [0, 1].
    """

    limits = (("scale", 1e-6, 1e3),)

    def __init__(
        self,
        scale: float | Literal["learned", "optimal", "per_pixel"] = "learned",
        location: Literal["sigmoid", "tanh"] = "sigmoid",
        **kwargs,
    ) -> None:
        super().__init__(scale, location, **kwargs)

    def family(self, location: tf.Tensor, scale: tf.Tensor) -> tfd.Distribution:
        """See `LocationScale.family`."""
        return LaplaceDistribution(location, scale)

    def deviation(self, error: tf.Tensor) -> tf.Tensor:
        """The mean absolute error: the maximum-likelihood b of a Laplace distribution."""
        return tf.reduce_mean(tf.abs(error))
