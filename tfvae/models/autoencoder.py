"""The plain autoencoder."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.models.base import Terms
from tfvae.models.without_prior import WithoutPrior


@keras.saving.register_keras_serializable("tfvae.models")
class Autoencoder(WithoutPrior):
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

    def terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool = False) -> Terms:
        """See `AbstractVAE.terms`."""
        del noise
        latents = self.encode(images, training=training).mean()
        return self._terms(images, latents, tf.zeros_like(latents[:, :1]), latents, training)
