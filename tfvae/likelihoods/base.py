"""The contract of every likelihood."""

import abc

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd


class Likelihood(keras.layers.Layer, abc.ABC):
    """p(x|z): turns what the decoder puts out into a distribution over images in [0, 1].

    A subclass says how many parameters it needs for each channel of a pixel and builds the distribution; its
    `log_prob` is a normalised log-density (or log-mass) in nats, summed over the event (H, W, C).

    Attributes:
        params_per_channel: k; the decoder's output is (B, H, W, k·C).
        support: what values of x the distribution is normalised over: "interval" [0, 1] or the real line,
            "binary" {0, 1}, or "levels" {0, 1/255, …, 1}.
    """

    params_per_channel: int = 1
    support: str = "interval"

    def __init__(self, **kwargs) -> None:
        # Densities stay float32 whatever the networks compute in: bfloat16 has three digits.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.built = True  # no weight depends on a shape

    @abc.abstractmethod
    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """p(x|z) with batch shape (B,) and event shape (H, W, C).

        Args:
            params: the decoder's output, (B, H, W, k·C), any float type.
        """

    def log_prob(self, images: tf.Tensor, params: tf.Tensor, training: bool = False) -> tf.Tensor:
        """log p(x|z) in nats, (B,).

        Args:
            images: x, (B, H, W, C) in [0, 1].
            params: the decoder's output, (B, H, W, k·C).
            training: whether statistics of the batch may be used, and stored ("optimal" scale).
        """
        del training
        return self.distribution(params).log_prob(tf.cast(images, tf.float32))

    def point(self, params: tf.Tensor) -> tf.Tensor:
        """The image that squared errors are measured from while training, (B, H, W, C): the mean, or a cheap twin."""
        return self.distribution(params).mean()

    def outputs(self, params: tf.Tensor) -> dict[str, tf.Tensor]:
        """What a served model tells of p(x|z): the mean `images`, (B, H, W, C) in [0, 1]."""
        return {"images": self.distribution(params).mean()}

    def params_of(self, logits: np.ndarray, deviation: float) -> np.ndarray:
        """Decoder outputs (…, k·C) under which the images are about sigmoid(logits), for networks that begin so.

        Args:
            logits: (…, C).
            deviation: the root mean square of what the images are off, for a scale among the outputs.
        """
        del deviation
        return logits

    def adapt(self, deviation: float) -> None:
        """Begins, where a scale is trained, with one that suits errors of this root mean square."""

    def scale(self) -> tf.Tensor | None:
        """The one scale shared by all pixels, a scalar in units of [0, 1]; None where there is no such number."""
        return None

    def call(self, params: tf.Tensor) -> tf.Tensor:
        """The mean image E[x|z], (B, H, W, C) in [0, 1]."""
        return self.distribution(params).mean()


def as_float32(params: tf.Tensor) -> tf.Tensor:
    """Decoder outputs as densities need them."""
    return tf.cast(params, tf.float32)


def independent(distribution: tfd.Distribution) -> tfd.Distribution:
    """Sums a per-pixel distribution over the event dimensions (H, W, C)."""
    return tfd.Independent(distribution, reinterpreted_batch_ndims=3)
