"""The contract of every prior."""

import abc
from collections.abc import Callable, Iterable

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd


class Prior(keras.layers.Layer, abc.ABC):
    """p(z) over latents of size L. `build((None, L))` makes whatever weights it has.

    Attributes:
        learned: whether it has weights that training sets. A literal, for configurations are checked from the source.
        fittable: whether `fit` sets them; a literal too.
        by_latent: whether the KL to it is a sum over latents; a literal too.
    """

    learned = False
    fittable = False
    by_latent = False

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, latent_shape: tuple[int | None, ...]) -> None:
        """Remembers L; a prior with weights makes them here, unless it is built: fitted, or read from a file.

        Raises:
            ValueError: if L is not known, or another than that of the weights there are.
        """
        size = latent_shape[-1]
        if size is None:
            raise ValueError(f"latents of shape {latent_shape}: the number of latents must be known")
        if self.built and size != self.latent_dim:
            raise ValueError(f"latents of shape {latent_shape} for a prior that has been built for {self.latent_dim}")
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
        """KL(q ‖ p) in nats, (B, L) of a prior that is `by_latent`, else (B, 1); sum over the last axis.

        This default is the one-sample estimate log q(z) − log p(z); a prior with a closed form overrides it.

        Args:
            posterior: q(z|x), batch shape (B,).
            latents: z drawn from it, (B, L).
        """
        return (posterior.log_prob(latents) - self.distribution().log_prob(latents))[:, None]

    @property
    def least_images(self) -> int:
        """How many images `fit` needs latents of: many draws of one say no more of where the others are."""
        return 1

    def fit(self, latents: np.ndarray, seed: int, progress: Callable[[Iterable[int]], Iterable[int]] = iter) -> None:
        """Sets the weights to raise the likelihood of latents (N, L), as far as the prior's own way goes.

        The result is a function of both arguments. It need not be the highest likelihood that the prior can give.

        Args:
            latents: to fit to.
            seed: of what is random in it.
            progress: is given the rounds to make, and gives them back one by one.

        Raises:
            ValueError: if there are fewer latents than `least_images`, so that they cannot be of so many.
            NotImplementedError: of a prior that has nothing to fit.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to fit")

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """log p(z) in nats, (B,), of latents (B, L)."""
        return self.distribution().log_prob(latents)
