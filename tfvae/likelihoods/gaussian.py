"""Gaussian likelihood."""

from typing import Literal

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.location_scale import LocationScale


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class Gaussian(LocationScale):
    """x ~ N(m, σ²) for each pixel, with m in (0, 1).

    "Mean squared error + w·KL" of the literature is this likelihood with a fixed σ² = w·D/2; see
    `tfvae.objectives.scale_of_mse_weight`.

    Args:
        scale: σ as a number, "learned" (one for all pixels), "optimal" (the batch's own) or "per_pixel".
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
        return tfd.Normal(location, scale)

    def deviation(self, error: tf.Tensor) -> tf.Tensor:
        """The root mean square: the maximum-likelihood σ of a Gaussian."""
        return tf.sqrt(tf.reduce_mean(tf.square(error)))

    def outputs(self, params: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `Likelihood.outputs`; also `stddev`, σ for each pixel, (B, H, W, C)."""
        p = self.distribution(params)
        return {"images": p.mean(), "stddev": p.stddev()}
