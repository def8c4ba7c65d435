"""Convolutions that halve the image, with linear layers at the latents."""

from dataclasses import dataclass
from typing import Literal

import keras

from tfvae.networks.base import Network, crop_to, float32_output, head, start_size
from tfvae.networks.torch_layers import batch_norm, conv, dense, initializer, normalised, transposed

layers = keras.layers

LEAK = 0.01  # PyTorch's slope of a leaky ReLU


@dataclass(frozen=True)
class HalvingConv(Network):
    """The network of younganswer/VAE-GAN and of yhy258/VariationalAutoEncoders-Pytorch.

    Each stage is a 3×3 convolution of stride 2, batch normalisation and a ReLU. The decoder has them backwards, from
    a linear layer on.

    Args:
        channels: of the encoder's stages; the last is also that of the decoder's first map.
        projection: units of a linear layer between the last map and the posterior's parameters; 0: none.
        negative_slope: of the stages' ReLUs.
        output: the decoder's last stage: "batch_norm", to the image itself and batch normalised; or "conv", to
            `channels[0]` maps with a leaky ReLU, and a 3×3 convolution.
    """

    limits = (("channels", 1, 10_000), ("projection", 0, 100_000), ("negative_slope", 0.0, 1.0))

    channels: tuple[int, ...] = (32, 64, 128, 256, 512)
    projection: int = 0
    negative_slope: float = 0.0
    output: Literal["batch_norm", "conv"] = "conv"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels:
            raise ValueError("channels is empty: expected one number for each halving, (32, 64, 128) say")
        if self.output not in OUTPUTS:
            raise ValueError(f"output is {self.output!r}: expected one of {', '.join(OUTPUTS)}")

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        x = inputs = keras.Input(image_shape, name="images")
        for channels in self.channels:
            x = normalised(conv(x, channels, 3, 2, normalised=True), self.negative_slope)
        x = layers.Flatten()(x)
        x = dense(x, self.projection) if self.projection else x
        return keras.Model(inputs, head(num_params, initializer())(x), name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        *finer, first = self.channels
        rows, columns = start_size(image_shape, (2,) * len(self.channels))
        inputs = keras.Input((latent_dim,), name="latents")
        x = layers.Reshape((rows, columns, first))(dense(inputs, rows * columns * first))
        for channels in reversed(finer):
            x = normalised(transposed(x, channels, 3, 2, normalised=True), self.negative_slope)
        x = OUTPUTS[self.output](self, x, image_shape[-1])
        return keras.Model(inputs, float32_output(crop_to(x, image_shape)), name="decoder")


def _batch_norm_output(network: HalvingConv, x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    del network
    return batch_norm(transposed(x, channels, 3, 2, normalised=True))


def _conv_output(network: HalvingConv, x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    x = transposed(x, network.channels[0], 3, 2, normalised=True)
    return conv(normalised(x, LEAK), channels, 3)


OUTPUTS = {"batch_norm": _batch_norm_output, "conv": _conv_output}
