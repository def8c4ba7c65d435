"""Convolutions with residual blocks."""

from dataclasses import dataclass

import keras

from tfvae.layers import Conv2D, Conv2DTranspose
from tfvae.networks.base import Network, crop_to, float32_output, head, start_size

layers = keras.layers


@dataclass(frozen=True)
class Residual(Network):
    """Halves the image once for each entry of `channels`, with residual blocks at each size below the first.

    No batch normalisation: a block's second convolution starts near zero instead, so that a deep network begins
    almost as a shallow one (Zhang et al. 2019, "Fixup"), and training and inference are the same function.

    Args:
        channels: at each halved size, finest first.
        blocks: residual blocks at each size.
        activation: any Keras activation.
    """

    limits = (("channels", 1, 10_000), ("blocks", 0, 100))

    channels: tuple[int, ...] = (32, 64, 128)
    blocks: int = 1
    activation: str = "gelu"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels:
            raise ValueError("channels is empty: expected one number for each halving, (32, 64, 128) say")

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        inputs = keras.Input(image_shape, name="images")
        return keras.Model(inputs, head(num_params, "glorot_uniform")(self.features(inputs)), name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        inputs = keras.Input((latent_dim,), name="latents")
        x = self.image(inputs, image_shape, "glorot_uniform")
        return keras.Model(inputs, float32_output(x), name="decoder")

    def features(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """What the encoder's last layer reads, (B, F), of images (B, H, W, C)."""
        for channels in self.channels:
            x = Conv2D(channels, 4, 2, "same", activation=self.activation)(x)
            x = self._blocks(x)
        return layers.Flatten()(x)

    def image(
        self, x: keras.KerasTensor, image_shape: tuple[int, ...], initializer: str | keras.initializers.Initializer
    ) -> keras.KerasTensor:
        """The decoder's last convolution, which begins as `initializer` says, (B, *image_shape), of latents (B, L)."""
        *finer, first = self.channels
        rows, columns = start_size(image_shape, (2,) * len(self.channels))
        x = layers.Dense(rows * columns * first, self.activation)(x)
        x = self._blocks(layers.Reshape((rows, columns, first))(x))
        for channels in finer[::-1]:
            x = Conv2DTranspose(channels, 4, 2, "same", activation=self.activation)(x)
            x = self._blocks(x)
        x = Conv2DTranspose(image_shape[-1], 4, 2, "same", kernel_initializer=initializer)(x)
        return crop_to(x, image_shape)

    def _blocks(self, x: keras.KerasTensor) -> keras.KerasTensor:
        for _ in range(self.blocks):
            y = layers.Activation(self.activation)(x)
            y = Conv2D(x.shape[-1], 3, 1, "same", kernel_initializer="he_normal")(y)
            y = layers.Activation(self.activation)(y)
            y = Conv2D(x.shape[-1], 3, 1, "same", kernel_initializer=nearly_zero())(y)
            x = layers.Add()([x, y])
        return x


def nearly_zero() -> keras.initializers.Initializer:
    """For the last layer of a branch that is added to something; exact zeros would stop the first gradient."""
    return keras.initializers.VarianceScaling(1e-4)
