"""The plain autoencoder."""

from typing import Any, Never

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.models.base import NoPriorError, Terms
from tfvae.models.encoder_decoder import EncoderDecoder


@keras.saving.register_keras_serializable("tfvae.models")
class Autoencoder(EncoderDecoder):
    """log p(x|z) at the one z that the encoder puts out: no noise, no prior, no bound, and nothing to sample from.

    `encode` gives a point mass, whose standard deviation is zero. Among the metrics is no −ELBO and no KL, and among
    the signatures of an export neither `sample` nor `score`.

    Args:
        encoder: a built Keras model, images (B, H, W, C) in [0, 1] → the latents, (B, L).
        decoder: see `EncoderDecoder`.
        likelihood: see `EncoderDecoder`; a Gaussian of fixed σ is the squared error.
        seed: taken for the sake of a common interface: there is no noise.

    Raises:
        ValueError: if the shapes of encoder, decoder and likelihood do not fit together.
    """

    has_prior = False

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        likelihood: Likelihood | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, decoder, likelihood, seed=seed, **kwargs)
        self._finish(1, "the latents themselves")

    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.encode`."""
        latents = tf.cast(self.encoder(images, training=training), tf.float32)
        return tfd.Independent(tfd.Deterministic(latents), 1)

    def posterior_params(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """See `EncoderDecoder.posterior_params`. There is no noise."""
        del stddev
        return mean

    def noise(self, batch_size: Any, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.noise`. None of it, (B, 0)."""
        del seed
        return tf.zeros([batch_size, 0])

    def terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool = False) -> Terms:
        """See `AbstractVAE.terms`."""
        del noise
        latents = self.encode(images, training=training).mean()
        return self._terms(images, latents, tf.zeros_like(latents[:, :1]), latents, training)

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
