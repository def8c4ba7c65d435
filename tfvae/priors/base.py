"""The contract of every prior."""

import abc

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd


class Prior(keras.layers.Layer, abc.ABC):
    """p(z) over latents of size L. `build((None, L))` makes whatever weights it has."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, latent_shape: tuple[int | None, ...]) -> None:
        """Remembers L; a prior with weights makes them here."""
        size = latent_shape[-1]
        if size is None:
            raise ValueError(f"latents of shape {latent_shape}: the number of latents must be known")
        self.latent_dim = size

    @abc.abstractmethod
    def distribution(self) -> tfd.Distribution:
        """p(z), batch shape (), event shape (L,)."""

    @abc.abstractmethod
    def draw(self, seed: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """One latent (L,), a function of `seed` (int32 [2]); `temperature` (scalar) narrows or widens p(z)."""

    def sample(self, seeds: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
        """Latents (B, L), row i a function of `seeds[i]` (int32 [B, 2]) and `temperatures[i]` alone."""
        return tf.map_fn(lambda row: self.draw(*row), (seeds, temperatures), fn_output_signature=tf.float32)

    def kl(self, posterior: tfd.Distribution, latents: tf.Tensor) -> tf.Tensor:
        """KL(q ‖ p) in nats, (B, L) where it is a sum over latents, else (B, 1); sum over the last axis.

        This default is the one-sample estimate log q(z) − log p(z); a prior with a closed form overrides it.

        Args:
            posterior: q(z|x), batch shape (B,).
            latents: z drawn from it, (B, L).
        """
        return (posterior.log_prob(latents) - self.distribution().log_prob(latents))[:, None]

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """log p(z) in nats, (B,), of latents (B, L)."""
        return self.distribution().log_prob(latents)
