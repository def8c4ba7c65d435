"""Diagonal Gaussian posterior."""

from collections.abc import Sequence
from typing import Literal

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.posteriors.base import Posterior

# log σ is held between these by tanh, which is the identity near zero. Narrow posteriors are what training seeks. One
# many times wider than the prior is never right, but a few bad first steps, before the KL counts, can make it so,
# and its KL, σ²/2, would then be all that training sees.
LOWEST_LOG_STDDEV, HIGHEST_LOG_STDDEV = -10.0, 3.0
FLOOR = 1e-6  # of softplus, whose output underflows to zero


def _exp(raw: tf.Tensor) -> tf.Tensor:
    half = 0.5 * raw  # the encoder puts out log σ²
    limit = tf.where(half < 0, -LOWEST_LOG_STDDEV, HIGHEST_LOG_STDDEV)
    return tf.exp(limit * tf.tanh(half / limit))


def _softplus(raw: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(raw) + FLOOR


STDDEVS = {"exp": _exp, "softplus": _softplus}


@keras.saving.register_keras_serializable("tfvae.posteriors")
class Gaussian(Posterior):
    """q(z|x) = N(m, diag σ²), z = m + σ·ε, ε ~ N(0, I).

    Args:
        stddev: how the encoder's second half becomes σ: "exp" reads log σ², "softplus" σ before softplus.
    """

    def __init__(self, stddev: Literal["exp", "softplus"] = "exp", **kwargs) -> None:
        super().__init__(**kwargs)
        if stddev not in STDDEVS:
            raise ValueError(f"stddev is {stddev!r}: expected one of {', '.join(STDDEVS)}")
        self.stddev = stddev

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """See `Posterior.distribution`."""
        mean, raw = tf.split(tf.cast(params, tf.float32), 2, axis=-1)
        return tfd.Independent(tfd.Normal(mean, STDDEVS[self.stddev](raw)), 1)

    def noise(self, shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `Posterior.noise`."""
        return tf.random.stateless_normal(shape, seed)

    def reparameterize(self, posterior: tfd.Distribution, noise: tf.Tensor) -> tf.Tensor:
        """See `Posterior.reparameterize`."""
        return posterior.mean() + posterior.stddev() * noise

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "stddev": self.stddev}
