"""Repeated blocks at each of a few sizes, with average-pooling between them."""

from dataclasses import dataclass
from typing import Literal

import keras

from tfvae.networks.base import Network, crop_to, float32_output, head, start_size
from tfvae.networks.blocks import BLOCKS, Convolution
from tfvae.networks.torch_layers import conv, dense, initializer, normalised, transposed

layers = keras.layers

# How much narrower the blocks' bottlenecks are than their maps.
ENCODER_NARROWER, DECODER_NARROWER = 2, 4


@dataclass(frozen=True)
class PooledBlocks(Network):
    """The network of koshian2/inception-vae.

    Encoder: a 1×1 convolution; then at each size blocks, average-pooling and a 1×1 convolution to the next channels;
    the last pool takes in all that is left. Decoder: the same backwards, from one vector that is repeated all over the
    first map, with transposed convolutions (kernel = stride) in place of the pools.

    Args:
        block: an entry of `tfvae.networks.blocks.BLOCKS`.
        repeats: blocks at each size.
        channels: at each size, finest first.
        pools: sides of the pools between them, one fewer.
    """

    limits = (("repeats", 0, 100), ("channels", 1, 10_000), ("pools", 1, 64))

    block: Literal["plain", "inception"] = "plain"
    repeats: int = 1
    channels: tuple[int, ...] = (32, 64, 128, 256)
    pools: tuple[int, ...] = (4, 4, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.block not in BLOCKS:
            raise ValueError(f"block is {self.block!r}: expected one of {', '.join(BLOCKS)}")
        if len(self.channels) != len(self.pools) + 1:
            raise ValueError(f"channels {self.channels} and pools {self.pools}: expected one pool fewer than channels")

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        first, *others = self.channels
        inputs = keras.Input(image_shape, name="images")
        x = self._blocks(conv(inputs, first, 1), conv, ENCODER_NARROWER)
        for channels, pool in zip(others, self.pools, strict=True):
            x = layers.AveragePooling2D(pool, padding="same")(x)
            x = self._blocks(normalised(conv(x, channels, 1, normalised=True)), conv, ENCODER_NARROWER)
        x = layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, head(num_params, initializer())(x), name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        *finer, first = self.channels
        inputs = keras.Input((latent_dim,), name="latents")
        x = layers.Reshape((1, 1, first))(dense(inputs, first))
        x = layers.UpSampling2D(start_size(image_shape, self.pools))(x)
        x = self._blocks(x, transposed, DECODER_NARROWER)
        for channels, pool in zip(reversed(finer), reversed(self.pools), strict=True):
            x = normalised(transposed(x, channels, pool, pool, normalised=True))
            x = self._blocks(x, transposed, DECODER_NARROWER)
        x = crop_to(transposed(x, image_shape[-1], 1), image_shape)
        return keras.Model(inputs, float32_output(x), name="decoder")

    def _blocks(self, x: keras.KerasTensor, convolve: Convolution, narrower: int) -> keras.KerasTensor:
        for _ in range(self.repeats):
            x = BLOCKS[self.block](x, convolve, narrower)
        return x
