"""Residual convolutions between images and maps of latents."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from tfvae.layers import Conv2D, Conv2DTranspose
from tfvae.networks.base import Adaptable, Array, Network, crop_to, float32_output, start_size
from tfvae.networks.principal_components import EDGE
from tfvae.networks.torch_layers import conv, initializer, transposed

layers = keras.layers

BEGUN_FROM = 256  # images


@dataclass(frozen=True)
class ResidualStack(Network):
    """The network of the VQ-VAE in yhy258/VariationalAutoEncoders-Pytorch (van den Oord et al. 2017, section 4.1).

    Two halvings of the image, and residual blocks at a quarter of its sides, where its latents stay: a map
    (h, w, latent_dim). A block is relu(x) + f(relu(x)), for its first ReLU works in place there; f has no biases.
    Further halvings, which the original has not, make fewer latents, each of more of the image.

    By `adapt` it begins with latents of mean 0 and variance 1 and with the mean pixel as its image (Salimans and Kingma
    2016, arXiv:1602.07868, section 3). Else every latent is moved alike in the first steps, towards darker images say,
    until all have nearly one code.

    Args:
        hidden: channels of the blocks; half as many at half the size.
        residual: channels inside a block.
        blocks: on either side.
        halvings: of the image's sides.
    """

    limits = (("hidden", 2, 10_000), ("residual", 1, 10_000), ("blocks", 0, 100), ("halvings", 1, 10))
    latent_maps = True

    hidden: int = 128
    residual: int = 32
    blocks: int = 2
    halvings: int = 2

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`: images to (B, h, w, num_params)."""
        inputs = keras.Input(image_shape, name="images")
        x = layers.Rescaling(1.0, -0.5)(inputs)
        for channels in self._channels():
            x = layers.ReLU()(conv(x, channels, 4, 2))
        x = self._stack(conv(x, self.hidden, 3))
        x = layers.Conv2D(num_params, 1, kernel_initializer=initializer(), dtype="float32", name="posterior_params")(x)
        return keras.Model(inputs, x, name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`: latents (B, h, w, latent_dim) to (B, *image_shape)."""
        inputs = keras.Input((*start_size(image_shape, (2,) * self.halvings), latent_dim), name="latents")
        x = self._stack(conv(inputs, self.hidden, 3))
        for channels in self._channels()[-2::-1]:
            x = layers.ReLU()(transposed(x, channels, 4, 2))
        x = Conv2DTranspose(image_shape[-1], 4, 2, "same", kernel_initializer=initializer(), name="pixels")(x)
        return keras.Model(inputs, float32_output(crop_to(x, image_shape)), name="decoder")

    def adapt(self, model: Adaptable, images: Callable[..., Array]) -> None:
        """See `Network.adapt`."""
        pixels = images(BEGUN_FROM)
        latents = np.asarray(model.encoder(pixels))
        mean, spread = latents.mean(axis=(0, 1, 2)), latents.std(axis=(0, 1, 2))
        spread = np.where(spread > 0, spread, 1.0)
        last = model.encoder.get_layer("posterior_params")
        kernel, bias = last.get_weights()
        last.set_weights([kernel / spread, (bias - mean) / spread])
        middle, deviation = np.clip(pixels.mean(axis=(0, 1, 2)), EDGE, 1 - EDGE), max(float(pixels.std()), EDGE)
        model.likelihood.adapt(deviation)
        last = model.decoder.get_layer("pixels")
        kernel, _ = last.get_weights()
        last.set_weights([kernel, model.likelihood.params_of(np.log(middle / (1 - middle)), deviation)])

    def _channels(self) -> list[int]:
        """After each halving."""
        return [self.hidden // 2] + (self.halvings - 1) * [self.hidden]

    def _stack(self, x: keras.KerasTensor) -> keras.KerasTensor:
        for _ in range(self.blocks):
            x = layers.ReLU()(x)
            y = self._unbiased(x, self.residual, 3)
            y = self._unbiased(layers.ReLU()(y), self.hidden, 1)
            x = layers.Add()([x, y])
        return layers.ReLU()(x)

    def _unbiased(self, x: keras.KerasTensor, channels: int, size: int) -> keras.KerasTensor:
        return Conv2D(channels, size, padding="same", use_bias=False, kernel_initializer=initializer())(x)
