"""Pooled convolutions whose decoder is given every map of the encoder."""

import math
from dataclasses import dataclass

import keras

from tfvae.networks.base import Network, crop_to, float32_output, start_size
from tfvae.networks.torch_layers import conv, transposed

layers = keras.layers
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class SkipConv(Network):
    """The skip autoencoder (ae_02) of j1a0m0e4sNTU/Variational-Autoencoder-for-images: no bottleneck.

    As `PooledConv` without batch normalisation, and each pooled map is added to the decoder's map of its size. What a
    decoder is given are latents, so here the latents are all of it: the code, then the maps, coarsest first.

    Args:
        channels: of the convolutions before the last, which has as many as the latents have left for the code.
        pools: sides of the pools behind them.
        activation: after each convolution but the decoder's last: any Keras activation.
    """

    limits = (("channels", 1, 10_000), ("pools", 1, 64))

    channels: tuple[int, ...] = (32, 64, 256)
    pools: tuple[int, ...] = (4, 4, 2)
    activation: str = "relu"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels or len(self.pools) != len(self.channels):
            raise ValueError(f"channels {self.channels} and pools {self.pools}: expected one or more, and as many")

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        code = self._code_size(num_params, image_shape)
        x = inputs = keras.Input(image_shape, name="images")
        maps = []
        for channels, pool in zip(self.channels, self.pools, strict=True):
            x = layers.MaxPooling2D(pool, padding="same")(self._activated(conv(x, channels, 3)))
            maps.append(x)
        x = self._activated(conv(x, code, 3))
        x = layers.MaxPooling2D(x.shape[1:3])(x)
        x = layers.Concatenate(dtype="float32")([layers.Flatten()(part) for part in (x, *reversed(maps))])
        return keras.Model(inputs, x, name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        used = self._code_size(latent_dim, image_shape)
        inputs = keras.Input((latent_dim,), name="latents")
        x = layers.Reshape((1, 1, used))(inputs[:, :used])
        sizes = (start_size(image_shape, self.pools), *((pool, pool) for pool in reversed(self.pools)))
        for shape, size in zip(self._maps(image_shape), sizes, strict=False):
            x = self._activated(transposed(x, shape[-1], size, size))
            skipped = layers.Reshape(shape)(inputs[:, used : used + math.prod(shape)])
            x = layers.Add()([crop_to(x, shape), skipped])
            used += math.prod(shape)
        x = transposed(x, image_shape[-1], sizes[-1], sizes[-1])
        return keras.Model(inputs, float32_output(crop_to(x, image_shape)), name="decoder")

    def _maps(self, image_shape: tuple[int, ...]) -> list[Shape]:
        """(H, W, C) of each pooled map, coarsest first."""
        stages = range(len(self.channels), 0, -1)
        return [(*start_size(image_shape, self.pools[:stage]), self.channels[stage - 1]) for stage in stages]

    def _code_size(self, latent_dim: int, image_shape: tuple[int, ...]) -> int:
        maps = sum(map(math.prod, self._maps(image_shape)))
        if latent_dim <= maps:
            raise ValueError(
                f"{latent_dim} latents: the maps of images {image_shape} take {maps}, so that a network with skips "
                f"needs more; {maps + 1024} say"
            )
        return latent_dim - maps

    def _activated(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.Activation(self.activation)(x)
