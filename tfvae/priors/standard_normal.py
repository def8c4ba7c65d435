"""The standard normal prior."""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.priors.base import Prior


@keras.saving.register_keras_serializable("tfvae.priors")
class StandardNormal(Prior):
    """p(z) = N(0, I). `temperature` multiplies the standard deviation of what is drawn."""

    by_latent = True

    def distribution(self) -> tfd.Distribution:
        """See `Prior.distribution`."""
        return tfd.Independent(self._per_latent(), 1)

    def draw(self, seed: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """See `Prior.draw`."""
        return temperature * tf.random.stateless_normal([self.latent_dim], seed)

    def kl(self, posterior: tfd.Distribution, latents: tf.Tensor) -> tf.Tensor:
        """In closed form, latent by latent, as TFP has it for the posterior's family."""
        del latents
        return tfd.kl_divergence(posterior.distribution, self._per_latent())

    def _per_latent(self) -> tfd.Distribution:
        return tfd.Normal(tf.zeros([self.latent_dim]), 1.0)
