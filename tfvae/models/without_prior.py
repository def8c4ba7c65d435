"""What models that have no p(z) have in common."""

import abc
from typing import Any, Never

import numpy as np
import tensorflow as tf

from tfvae.models.base import NoPriorError
from tfvae.models.encoder_decoder import EncoderDecoder


class WithoutPrior(EncoderDecoder, abc.ABC):
    """An encoder whose q(z|x) is a point, and nothing to draw z from: no noise, no KL, no bound, no samples.

    A subclass says `has_prior = False` itself: see `AbstractVAE`.
    """

    def posterior_params(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """See `EncoderDecoder.posterior_params`. There is no noise."""
        del stddev
        return mean

    def noise(self, batch_size: Any, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.noise`. None of it, (B, 0)."""
        del seed
        return tf.zeros([batch_size, 0])

    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor) -> Never:
        """See `AbstractVAE.draw`."""
        raise NoPriorError(self)

    def log_weights(self, images: tf.Tensor, num_samples: int, seed: tf.Tensor) -> Never:
        """See `AbstractVAE.log_weights`."""
        raise NoPriorError(self)

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        config = super().get_config()
        del config["kl_weight"]  # there is no KL
        return config
