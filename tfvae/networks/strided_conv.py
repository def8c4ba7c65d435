"""Strided convolutions down, transposed ones up."""

from dataclasses import dataclass
from typing import Any, Literal

import keras

from tfvae.layers import BatchNormalization, Conv2D, Conv2DTranspose
from tfvae.networks.base import Network, crop_to, float32_output, head, start_size

layers = keras.layers

INITIALIZERS = {
    "glorot_uniform": lambda: keras.initializers.GlorotUniform(),
    "he_normal": lambda: keras.initializers.HeNormal(),
    "truncated_normal": lambda: keras.initializers.TruncatedNormal(stddev=0.02),
}

# Of the moving averages: the last ten steps. At Keras' 0.99 they lag behind the weights, and what is measured with
# them is the lag as well: a hundredth more squared error after ten epochs of `gaussian_mnist`.
MOMENTUM = 0.9


@dataclass(frozen=True)
class StridedConv(Network):
    """The network of PrateekMunjal/VAE, for any image size and list of channels.

    Encoder: one convolution for each entry of `channels`, then a dense layer. Decoder: a dense layer to a map of
    `decoder_channels[0]`, one transposed convolution for each further entry (with the encoder's strides above 1,
    last first), then the output layer; what sticks out over the image is cropped.

    Args:
        channels: of the encoder's convolutions.
        strides: of the encoder's convolutions; () means 2 for each.
        decoder_channels: of the decoder's maps, the first included; () mirrors `channels`.
        hidden: units of dense layers between the last map and the latents; the decoder has them backwards.
        kernel_size: of every convolution.
        activation: after each convolution but the last: any Keras activation.
        batch_norm: whether each convolution but the last is followed by batch normalisation.
        output: "conv", a last transposed convolution of stride 1, or "dense", a dense layer to all pixels.
        initializer: of every kernel: "glorot_uniform", "he_normal" or "truncated_normal" (σ = 0.02).
    """

    limits = (
        ("channels", 1, 10_000),
        ("strides", 1, 16),
        ("decoder_channels", 1, 10_000),
        ("kernel_size", 1, 64),
    )

    channels: tuple[int, ...] = (32, 64, 128)
    strides: tuple[int, ...] = ()
    decoder_channels: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    kernel_size: int = 3
    activation: str = "relu"
    batch_norm: bool = True
    output: Literal["conv", "dense"] = "conv"
    initializer: Literal["glorot_uniform", "he_normal", "truncated_normal"] = "glorot_uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels:
            raise ValueError("channels is empty: expected one number for each convolution, (32, 64, 128) say")
        if self.strides and len(self.strides) != len(self.channels):
            raise ValueError(f"strides {self.strides} and channels {self.channels} differ in length")
        upward = 1 + len(self._upward_strides())
        if self.decoder_channels and len(self.decoder_channels) != upward:
            raise ValueError(
                f"decoder_channels {self.decoder_channels}: expected {upward} entries, "
                f"one for the first map and one for each stride above 1"
            )

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        x = inputs = keras.Input(image_shape, name="images")
        for channels, stride in zip(self.channels, self._strides(), strict=True):
            x = Conv2D(channels, self.kernel_size, stride, **self._options())(x)
            x = self._normalised(x)
        x = head(num_params, self._init())(self._hidden(layers.Flatten()(x), self.hidden))
        return keras.Model(inputs, x, name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        first, *others = self.decoder_channels or self._mirrored()
        rows, columns = start_size(image_shape, self._strides())
        x = inputs = keras.Input((latent_dim,), name="latents")
        x = self._hidden(x, self.hidden[::-1])
        x = layers.Dense(rows * columns * first, kernel_initializer=self._init())(x)
        x = layers.Reshape((rows, columns, first))(self._normalised(x))
        for channels, stride in zip(others, self._upward_strides(), strict=True):
            x = Conv2DTranspose(channels, self.kernel_size, stride, **self._options())(x)
            x = self._normalised(x)
        return keras.Model(inputs, OUTPUTS[self.output](self, x, image_shape), name="decoder")

    def _strides(self) -> tuple[int, ...]:
        return self.strides or (2,) * len(self.channels)

    def _upward_strides(self) -> tuple[int, ...]:
        return tuple(stride for stride in reversed(self._strides()) if stride > 1)

    def _mirrored(self) -> tuple[int, ...]:
        """The encoder's channels backwards, one for each map of the decoder."""
        backwards = self.channels[::-1]
        upward = len(self._upward_strides())
        return (backwards + backwards[-1:])[: upward + 1]

    def _options(self) -> dict[str, Any]:
        return {"padding": "same", "kernel_initializer": self._init(), "normalised": self.batch_norm}

    def _init(self) -> keras.initializers.Initializer:
        return INITIALIZERS[self.initializer]()

    def _hidden(self, x: keras.KerasTensor, units: tuple[int, ...]) -> keras.KerasTensor:
        for count in units:
            x = self._normalised(layers.Dense(count, kernel_initializer=self._init())(x))
        return x

    def _normalised(self, x: keras.KerasTensor) -> keras.KerasTensor:
        x = BatchNormalization(momentum=MOMENTUM)(x) if self.batch_norm else x
        return layers.Activation(self.activation)(x)


def _conv_output(network: StridedConv, x: keras.KerasTensor, image_shape: tuple[int, ...]) -> keras.KerasTensor:
    x = Conv2DTranspose(image_shape[-1], network.kernel_size, 1, "same", kernel_initializer=network._init())(x)
    return float32_output(crop_to(x, image_shape))


def _dense_output(network: StridedConv, x: keras.KerasTensor, image_shape: tuple[int, ...]) -> keras.KerasTensor:
    size = image_shape[0] * image_shape[1] * image_shape[2]
    x = layers.Dense(size, kernel_initializer=network._init())(layers.Flatten()(x))
    return float32_output(layers.Reshape(image_shape)(x))


OUTPUTS = {"conv": _conv_output, "dense": _dense_output}
