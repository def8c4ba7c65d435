"""Dense layers on flattened images."""

import math
from dataclasses import dataclass

import keras

from tfvae.networks.base import Network, float32_output, head

layers = keras.layers


@dataclass(frozen=True)
class MLP(Network):
    """Dense layers, alike on both sides.

    Args:
        units: of the encoder's hidden layers; the decoder has them backwards.
        activation: of the hidden layers: any Keras activation.
    """

    limits = (("units", 1, 100_000),)

    units: tuple[int, ...] = (512, 256)
    activation: str = "relu"

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        inputs = keras.Input(image_shape, name="images")
        x = self._hidden(layers.Flatten()(inputs), self.units)
        return keras.Model(inputs, head(num_params, "glorot_uniform")(x), name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        inputs = keras.Input((latent_dim,), name="latents")
        x = self._hidden(inputs, self.units[::-1])
        x = layers.Reshape(image_shape)(layers.Dense(math.prod(image_shape))(x))
        return keras.Model(inputs, float32_output(x), name="decoder")

    def _hidden(self, x: keras.KerasTensor, units: tuple[int, ...]) -> keras.KerasTensor:
        for count in units:
            x = layers.Dense(count, activation=self.activation)(x)
        return x
