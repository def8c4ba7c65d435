"""The variational autoencoder with one group of latents."""

from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.models.base import Terms
from tfvae.models.encoder_decoder import EncoderDecoder
from tfvae.posteriors.base import Posterior
from tfvae.posteriors.gaussian import Gaussian
from tfvae.priors.base import Prior
from tfvae.priors.standard_normal import StandardNormal
from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.models")
class VAE(EncoderDecoder):
    """log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) (Kingma and Welling 2014).

    Args:
        encoder: a built Keras model, images (B, H, W, C) in [0, 1] → (B, posterior.params_per_latent·L).
        decoder: a built Keras model, (B, L) → (B, H, W, likelihood.params_per_channel·C), with no last activation.
        likelihood: p(x|z); None: a Gaussian with one learned σ.
        posterior: the family of q(z|x); None: a diagonal Gaussian.
        prior: p(z); None: the standard normal.
        kl_weight: see `AbstractVAE`.
        seed: see `AbstractVAE`.

    Raises:
        ValueError: if the shapes of encoder, decoder, posterior and likelihood do not fit together.

    Example:
        >>> network = tfvae.networks.StridedConv((16, 32))
        >>> model = tfvae.VAE(network.encoder((28, 28, 1), 2 * 8), network.decoder(8, (28, 28, 1)))
        >>> model.compile("adam")
    """

    parts: ClassVar[tuple[str, ...]] = (*EncoderDecoder.parts, "posterior", "prior")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        likelihood: Likelihood | None = None,
        posterior: Posterior | None = None,
        prior: Prior | None = None,
        kl_weight: KLWeight | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, decoder, likelihood, kl_weight=kl_weight, seed=seed, **kwargs)
        self.posterior = posterior or Gaussian()
        self.prior = prior or StandardNormal()
        self._finish(self.posterior.params_per_latent, f"a {self.posterior.name} posterior")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `AbstractVAE.build`."""
        self.prior.build((None, *self.latent_shape))
        super().build(input_shape)

    def with_prior(self, prior: Prior) -> Self:
        """The same networks and optimiser, shared and not copied, under another p(z)."""
        parts = {name: getattr(self, name) for name in self.parts}
        made = type(self)(**{**parts, "prior": prior}, kl_weight=self.kl_weight, seed=self.seed, name=self.name)
        if self.compiled:
            made.compile(optimizer=self.optimizer)
        return made

    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.encode`."""
        return self.posterior.distribution(self.encoder(images, training=training))

    def posterior_params(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """See `EncoderDecoder.posterior_params`."""
        return self.posterior.params_of(mean, stddev)

    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.draw`."""
        return self.prior.sample(seeds, temperatures)

    def noise(self, batch_size: Any, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.noise`. (B, L)."""
        return self.posterior.noise([batch_size, *self.latent_shape], seed)

    def terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool = False) -> Terms:
        """See `AbstractVAE.terms`."""
        q = self.encode(images, training=training)
        z = self.posterior.reparameterize(q, noise)  # (B, L)
        return self._terms(images, z, self.prior.kl(q, z), q.mean(), training)

    def log_weights(self, images: tf.Tensor, num_samples: int, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.log_weights`."""
        q, size = self.encode(images), tf.shape(images)[0]
        noise = self.posterior.noise(tf.stack([num_samples, size, *self.latent_shape]), seed)
        z = self.posterior.reparameterize(q, noise)  # (K, B, L)
        log_ratio = self.prior.distribution().log_prob(z) - q.log_prob(z)  # (K, B)
        params = self.decoder(tf.reshape(z, [num_samples * size, *self.latent_shape]), training=False)
        repeated = tf.tile(images, [num_samples, 1, 1, 1])  # (K·B, H, W, C), the order of the rows of z
        log_likelihood = self.likelihood.log_prob(repeated, params)
        return tf.transpose(tf.reshape(log_likelihood, [num_samples, size]) + log_ratio)
