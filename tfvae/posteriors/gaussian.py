"""Diagonal Gaussian posterior."""

from collections.abc import Sequence
from typing import Literal

import keras
import numpy as np
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


def _raw_of_exp(stddev: np.ndarray) -> np.ndarray:
    log = np.log(stddev)
    limit = np.where(log < 0, -LOWEST_LOG_STDDEV, HIGHEST_LOG_STDDEV)
    return 2 * limit * np.arctanh(log / limit)


def _raw_of_softplus(stddev: np.ndarray) -> np.ndarray:
    return np.log(np.expm1(stddev - FLOOR))


STDDEVS = {"exp": _exp, "softplus": _softplus}
RAWS_OF_STDDEVS = {"exp": _raw_of_exp, "softplus": _raw_of_softplus}


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

    def params_of(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """See `Posterior.params_of`."""
        return np.concatenate([mean, RAWS_OF_STDDEVS[self.stddev](stddev)], axis=-1)

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "stddev": self.stddev}
