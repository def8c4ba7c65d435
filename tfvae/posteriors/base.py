"""The contract of every posterior."""

import abc
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd


class Posterior(keras.layers.Layer, abc.ABC):
    """q(z|x): turns what the encoder puts out into a distribution over latents.

    Sampling is split in two, noise and its transformation, so that the noise can be a function of (seed, step)
    in training and of a row's own seed when served.

    Attributes:
        params_per_latent: the encoder's output is (B, params_per_latent·L).
        bounded: whether there are latents that q(z|x) gives no density to; a literal, for it is read from the source.
    """

    params_per_latent: int = 2
    bounded = False

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.built = True

    @abc.abstractmethod
    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """q(z|x), batch shape (B,), event shape (L,).

        Args:
            params: the encoder's output, (B, params_per_latent·L), any float type.
        """

    @abc.abstractmethod
    def noise(self, shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Standard noise ε of the given shape, a function of `seed` (int32 [2]) alone."""

    @abc.abstractmethod
    def reparameterize(self, posterior: tfd.Distribution, noise: tf.Tensor) -> tf.Tensor:
        """z(ε), (B, L), differentiable in the parameters of `posterior` (Kingma and Welling 2014, section 2.4)."""

    @abc.abstractmethod
    def params_of(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """What `distribution` makes a posterior of this mean and standard deviation of: (…, params_per_latent·L).

        The first L are the mean, or the mean and a constant.

        Args:
            mean: (…, L).
            stddev: (…, L), inside the limits of the posterior.
        """

    def call(self, params: tf.Tensor) -> tf.Tensor:
        """The posterior mean, (B, L)."""
        return self.distribution(params).mean()
