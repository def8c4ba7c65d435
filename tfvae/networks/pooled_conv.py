"""Convolutions with max-pooling down to a single pixel."""

from dataclasses import dataclass

import keras

from tfvae.networks.base import Network, crop_to, float32_output, head, start_size
from tfvae.networks.torch_layers import batch_norm, conv, dense, initializer, normalised, transposed

layers = keras.layers


@dataclass(frozen=True)
class PooledConv(Network):
    """The network of j1a0m0e4sNTU/Variational-Autoencoder-for-images.

    Encoder: 3×3 convolutions, each with batch normalisation, ReLU and max-pooling; the last pool takes in all that is
    left of the image. Decoder: the latents as one pixel of as many channels, transposed convolutions that undo the
    pools (kernel = stride), batch normalisation after each, and ReLU after all but the last.

    Args:
        channels: of the convolutions before the last.
        pools: sides of the pools behind them.
        last: channels of the last convolution, which a dense layer reads; 0: its channels are the encoder's outputs.
        dense: units of a dense layer with ReLU between the latents and the decoder's first map; 0: none.
    """

    limits = (("channels", 1, 10_000), ("pools", 1, 64), ("last", 0, 100_000), ("dense", 0, 100_000))

    channels: tuple[int, ...] = (32, 64, 256)
    pools: tuple[int, ...] = (4, 4, 2)
    last: int = 512
    dense: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels or len(self.pools) != len(self.channels):
            raise ValueError(f"channels {self.channels} and pools {self.pools}: expected one or more, and as many")

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        x = inputs = keras.Input(image_shape, name="images")
        for channels, pool in zip(self.channels, self.pools, strict=True):
            x = layers.MaxPooling2D(pool, padding="same")(normalised(conv(x, channels, 3, normalised=True)))
        x = normalised(conv(x, self.last or num_params, 3, normalised=True))
        x = layers.Flatten()(layers.MaxPooling2D(x.shape[1:3])(x))
        x = head(num_params, initializer())(x) if self.last else layers.Activation("linear", dtype="float32")(x)
        return keras.Model(inputs, x, name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        x = inputs = keras.Input((latent_dim,), name="latents")
        x = layers.ReLU()(dense(x, self.dense)) if self.dense else x
        x = layers.Reshape((1, 1, x.shape[-1]))(x)
        sizes = (start_size(image_shape, self.pools), *((pool, pool) for pool in reversed(self.pools)))
        for channels, size in zip(reversed(self.channels), sizes, strict=False):
            x = normalised(transposed(x, channels, size, size, normalised=True))
        x = batch_norm(transposed(x, image_shape[-1], sizes[-1], sizes[-1], normalised=True))
        return keras.Model(inputs, float32_output(crop_to(x, image_shape)), name="decoder")
