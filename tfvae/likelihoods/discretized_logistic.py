"""Logistic likelihood of 8-bit images, integrated over each level's bin."""

from typing import Literal

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.location_scale import LocationScale

LEVELS = 256
HALF_BIN = 0.5 / (LEVELS - 1)  # levels are x = 0, 1/255, …, 1


class DiscretizedLogisticDistribution(tfd.Distribution):
    """P(x) = F(x + ½δ) − F(x − ½δ) on the levels x = 0, 1/255, …, 1, F logistic; the tails go to 0 and 1.

    Kingma et al. 2016 (inverse autoregressive flow), section 5.2.

    Args:
        location: m, any shape.
        scale: s, broadcastable to it.
    """

    def __init__(self, location: tf.Tensor, scale: tf.Tensor) -> None:
        parameters = dict(locals())
        self.location = location
        self.spread = tf.broadcast_to(scale, tf.shape(location))
        super().__init__(
            dtype=tf.float32,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="DiscretizedLogistic",
        )

    def _batch_shape(self) -> tf.TensorShape:
        return self.location.shape

    def _batch_shape_tensor(self) -> tf.Tensor:
        return tf.shape(self.location)

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape([])

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.zeros([0], tf.int32)

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        upper = (value + HALF_BIN - self.location) / self.spread
        lower = (value - HALF_BIN - self.location) / self.spread
        # F(a) − F(b) = F(a)·(1 − F(b))·(1 − e^{b−a}): finite however far out in the tails, unlike the difference.
        log_below, log_above = tf.math.log_sigmoid(upper), tf.math.log_sigmoid(-lower)
        inside = log_below + log_above + tf.math.log(-tf.math.expm1(-2.0 * HALF_BIN / self.spread))
        lowest, highest = value < HALF_BIN, value > 1.0 - HALF_BIN
        return tf.where(lowest, log_below, tf.where(highest, log_above, inside))

    def _mean(self) -> tf.Tensor:
        # E[x] = Σ_{k=1}^{255} P(x ≥ k/255)/255, added up level by level: no array of 255 images.
        levels = (tf.range(1, LEVELS, dtype=tf.float32)) / (LEVELS - 1) - HALF_BIN
        total = tf.foldl(
            lambda sum_, level: sum_ + tf.sigmoid((self.location - level) / self.spread),
            levels,
            initializer=tf.zeros_like(self.location),
        )
        return total / (LEVELS - 1)

    def _sample_n(self, n: int | tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        draws = tfd.Logistic(self.location, self.spread).sample(n, seed=seed)
        return tf.clip_by_value(tf.round(draws * (LEVELS - 1)) / (LEVELS - 1), 0.0, 1.0)


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class DiscretizedLogistic(LocationScale):
    """The mass that a logistic density puts on each of the 256 levels: for 8-bit images as they are.

    Its nats are of a mass, so bits/dim are nats/(D·ln 2) with no term for dequantisation.

    Args:
        scale: s as a number, "learned" (one for all pixels) or "per_pixel".
        location: how the decoder's output becomes m: "sigmoid", or "tanh" mapped to [0, 1].
    """

    support = "levels"
    scale_names = ("learned", "per_pixel")

    limits = (("scale", 1e-6, 1e3),)

    def __init__(
        self,
        scale: float | Literal["learned", "per_pixel"] = "learned",
        location: Literal["sigmoid", "tanh"] = "sigmoid",
        **kwargs,
    ) -> None:
        super().__init__(scale, location, **kwargs)

    def family(self, location: tf.Tensor, scale: tf.Tensor) -> tfd.Distribution:
        """See `LocationScale.family`."""
        return DiscretizedLogisticDistribution(location, scale)
