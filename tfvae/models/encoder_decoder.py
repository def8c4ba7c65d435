"""What models with one encoder, one decoder and one vector of latents have in common."""

import abc
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.likelihoods.gaussian import Gaussian
from tfvae.models.base import AbstractVAE, Terms


class EncoderDecoder(AbstractVAE, abc.ABC):
    """A model of two Keras networks; a subclass says how latents are made of what the encoder puts out.

    A subclass sets its further parts and then calls `self._finish(…)`.

    Args:
        encoder: a built Keras model, images (B, H, W, C) in [0, 1] → (B, params_per_latent·L).
        decoder: a built Keras model, (B, L) → (B, H, W, likelihood.params_per_channel·C), with no last activation.
        likelihood: p(x|z); None: a Gaussian with one learned σ.
        **kwargs: see `AbstractVAE`.

    Attributes:
        parts: the arguments that are Keras objects.
    """

    parts: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "likelihood")

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, likelihood: Likelihood | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood or Gaussian()

    def _finish(self, per_latent: int, latents: str) -> None:
        """Checks that the parts fit, and builds what depends on their shapes.

        Args:
            per_latent: how many outputs of the encoder each latent takes.
            latents: what these outputs are, for messages.
        """
        if len(getattr(self.encoder, "input_shape", None) or ()) != 4 or not getattr(self.decoder, "input_shape", None):
            raise ValueError("encoder and decoder must be built: give them a keras.Input, or call them once")
        size, count = self.encoder.output_shape[-1], self.decoder.input_shape[-1]
        if size != per_latent * count:
            raise ValueError(
                f"the encoder puts out {size} values and the decoder takes {count} latents: "
                f"expected {per_latent}·{count} = {per_latent * count} values for {latents}"
            )
        height, width, channels = self.image_shape
        expected = (height, width, self.likelihood.params_per_channel * channels)
        if self.decoder.output_shape[1:] != expected:
            raise ValueError(
                f"the decoder puts out {self.decoder.output_shape[1:]}: expected {expected}, "
                f"{self.likelihood.params_per_channel} parameter(s) for each channel of images {self.image_shape}"
            )
        self.build((None, *self.image_shape))

    @property
    def image_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.image_shape`."""
        return tuple(self.encoder.input_shape[1:])

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.latent_shape`."""
        return tuple(self.decoder.input_shape[1:])

    @abc.abstractmethod
    def posterior_params(self, mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
        """The encoder's outputs that stand for latents of this mean and standard deviation, (…, L) each."""

    def networks(self) -> list[keras.Model]:
        """See `AbstractVAE.networks`."""
        return [self.encoder, self.decoder]

    def decode(self, latents: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.decode`."""
        return self.likelihood.distribution(self.decoder(latents, training=training))

    def decode_outputs(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `AbstractVAE.decode_outputs`."""
        return self.likelihood.outputs(self.decoder(latents, training=False))

    def scale(self) -> tf.Tensor | None:
        """See `AbstractVAE.scale`."""
        return self.likelihood.scale()

    def _terms(self, images: tf.Tensor, latents: tf.Tensor, kl: tf.Tensor, mean: tf.Tensor, training: bool) -> Terms:
        """The terms at latents z (B, L) whose KL and posterior mean are known."""
        params = self.decoder(latents, training=training)  # (B, H, W, kC)
        error = tf.cast(images, tf.float32) - self.likelihood.point(params)
        return Terms(
            log_likelihood=self.likelihood.log_prob(images, params, training=training),
            kl=kl,
            latent_mean=mean,
            squared_error=tf.reduce_mean(tf.square(error), axis=(1, 2, 3)),
            added=tf.zeros_like(kl[:, 0]),
        )

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        serialized = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self.parts}
        return {**super().get_config(), **serialized}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """See `keras.Model.from_config`."""
        names = (*cls.parts, "kl_weight")
        made = {name: keras.saving.deserialize_keras_object(config[name]) for name in names if name in config}
        return cls(**{**config, **made})
