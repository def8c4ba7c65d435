"""Uniform posterior."""

import math
from collections.abc import Sequence
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.posteriors.base import Posterior
from tfvae.posteriors.gaussian import RAWS_OF_STDDEVS, STDDEVS

HALF_WIDTH = math.sqrt(3.0)  # of the uniform distribution of variance 1

# Where the interval stands, by its lower end, in widths above the encoder's first half m; and width in units of v.
INTERVALS = {"above": (0.0, 1.0), "around": (-0.5, 2.0)}


class Interval(tfd.Uniform):
    """The uniform distribution of [low, high), with its KL to a normal one."""


@tfd.RegisterKL(Interval, tfd.Normal)
def kl_to_normal(q: Interval, p: tfd.Normal, name: str | None = None) -> tf.Tensor:
    """KL(q ‖ p) = −log w + E_q[−log p(z)] in nats for q of width w, element by element.

    For p = N(0, 1) it is at least 0.176, where w = √12: no interval is a normal distribution.
    """
    with tf.name_scope(name or "kl_uniform_normal"):
        square = tf.square((q.mean() - p.loc) / p.scale) + tf.square(q.stddev() / p.scale)
        return 0.5 * square + tf.math.log(p.scale) + 0.5 * math.log(2 * math.pi) - tf.math.log(q.range())


@keras.saving.register_keras_serializable("tfvae.posteriors")
class Uniform(Posterior):
    """q(z|x) uniform in each latent, of a width that the encoder puts out beside its place m.

    Latents outside the interval have no density, so importance sampling with it finds only that part of p(x) which
    lies inside: log p(x) is underestimated however many draws are made.

    Args:
        interval: "above", [m, m + v): noise uniform in [0, 1); or "around", [m − v, m + v): in [−1, 1). log v² is
            what the encoder's second half is, held between the limits of the Gaussian posterior.
    """

    bounded = True

    def __init__(self, interval: Literal["above", "around"] = "around", **kwargs) -> None:
        super().__init__(**kwargs)
        if interval not in INTERVALS:
            raise ValueError(f"interval is {interval!r}: expected one of {', '.join(INTERVALS)}")
        self.interval = interval

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """See `Posterior.distribution`."""
        place, raw = tf.split(tf.cast(params, tf.float32), 2, axis=-1)
        below, widths = INTERVALS[self.interval]
        width = widths * STDDEVS["exp"](raw)
        low = place + below * width
        return tfd.Independent(Interval(low, low + width), 1)

    def noise(self, shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `Posterior.noise`. Uniform, of mean 0 and variance 1 as every noise here."""
        return tf.random.stateless_uniform(shape, seed, -HALF_WIDTH, HALF_WIDTH)

    def reparameterize(self, posterior: tfd.Distribution, noise: tf.Tensor) -> tf.Tensor:
        """See `Posterior.reparameterize`."""
        z, ends = posterior.mean() + posterior.stddev() * noise, posterior.distribution
        # Rounding may put z on or over an end, where the density is zero, and its logarithm −∞.
        inside = tf.clip_by_value(z, ends.low, tf.math.nextafter(ends.high, ends.low))
        return z + tf.stop_gradient(inside - z)

    def params_of(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """See `Posterior.params_of`."""
        below, widths = INTERVALS[self.interval]
        width = 2 * HALF_WIDTH * stddev
        return np.concatenate([mean - (below + 0.5) * width, RAWS_OF_STDDEVS["exp"](width / widths)], axis=-1)

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "interval": self.interval}
