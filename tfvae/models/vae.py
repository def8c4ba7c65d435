"""The variational autoencoder with one group of latents."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.likelihoods.gaussian import Gaussian as GaussianLikelihood
from tfvae.models.base import AbstractVAE, Terms
from tfvae.posteriors.base import Posterior
from tfvae.posteriors.gaussian import Gaussian as GaussianPosterior
from tfvae.priors.base import Prior
from tfvae.priors.standard_normal import StandardNormal
from tfvae.schedules.base import KLWeight


@keras.saving.register_keras_serializable("tfvae.models")
class VAE(AbstractVAE):
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
        super().__init__(kl_weight=kl_weight, seed=seed, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood or GaussianLikelihood()
        self.posterior = posterior or GaussianPosterior()
        self.prior = prior or StandardNormal()
        self._check_shapes()
        self.prior.build((None, *self.latent_shape))
        self.build((None, *self.image_shape))

    def _check_shapes(self) -> None:
        if len(getattr(self.encoder, "input_shape", None) or ()) != 4 or not getattr(self.decoder, "input_shape", None):
            raise ValueError("encoder and decoder must be built: give them a keras.Input, or call them once")
        per_latent = self.posterior.params_per_latent
        size, latents = self.encoder.output_shape[-1], self.decoder.input_shape[-1]
        if size != per_latent * latents:
            raise ValueError(
                f"the encoder puts out {size} values and the decoder takes {latents} latents: "
                f"expected {per_latent}·{latents} = {per_latent * latents} values for a {self.posterior.name} posterior"
            )
        height, width, channels = self.image_shape
        expected = (height, width, self.likelihood.params_per_channel * channels)
        if self.decoder.output_shape[1:] != expected:
            raise ValueError(
                f"the decoder puts out {self.decoder.output_shape[1:]}: expected {expected}, "
                f"{self.likelihood.params_per_channel} parameter(s) for each channel of images {self.image_shape}"
            )

    @property
    def image_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.image_shape`."""
        return tuple(self.encoder.input_shape[1:])

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.latent_shape`."""
        return tuple(self.decoder.input_shape[1:])

    def networks(self) -> list[keras.Model]:
        """See `AbstractVAE.networks`."""
        return [self.encoder, self.decoder]

    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.encode`."""
        return self.posterior.distribution(self.encoder(images, training=training))

    def decode(self, latents: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.decode`."""
        return self.likelihood.distribution(self.decoder(latents, training=training))

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
        params = self.decoder(z, training=training)  # (B, H, W, kC)
        error = tf.cast(images, tf.float32) - self.likelihood.point(params)
        return Terms(
            log_likelihood=self.likelihood.log_prob(images, params, training=training),
            kl=self.prior.kl(q, z),
            latent_mean=q.mean(),
            squared_error=tf.reduce_mean(tf.square(error), axis=(1, 2, 3)),
        )

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

    def decode_outputs(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `AbstractVAE.decode_outputs`."""
        return self.likelihood.outputs(self.decoder(latents, training=False))

    def scale(self) -> tf.Tensor | None:
        """See `AbstractVAE.scale`."""
        return self.likelihood.scale()

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        parts = ("encoder", "decoder", "likelihood", "posterior", "prior")
        serialized = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in parts}
        return {**super().get_config(), **serialized}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "VAE":
        """See `keras.Model.from_config`."""
        parts = ("encoder", "decoder", "likelihood", "posterior", "prior", "kl_weight")
        made = {name: keras.saving.deserialize_keras_object(config[name]) for name in parts}
        return cls(**{**config, **made})
