"""Layers with PyTorch's defaults, which four of the reference systems rely on.

Kernels begin uniform in ±1/√fan_in; batch normalisation has ε = 1e-5 and forgets a tenth with each step. Biases begin
at zero, where PyTorch draws them like the kernels: most stand before a batch normalisation, which takes them out.
Padding is Keras' "same": sizes and weights are PyTorch's, maps of stride 2 are shifted by a pixel.
"""

from typing import Any

import keras

from tfvae.layers import BatchNormalization, Conv2D, Conv2DTranspose

layers = keras.layers

Size = int | tuple[int, int]


def initializer() -> keras.initializers.Initializer:
    """Uniform in ±1/√fan_in; for a transposed convolution fan_in is k·k times the channels that it puts out."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


def conv(x: keras.KerasTensor, channels: int, kernel_size: Size, stride: Size = 1, **options: Any) -> keras.KerasTensor:
    """A convolution; `normalised` and the like are the layer's."""
    return Conv2D(channels, kernel_size, stride, "same", kernel_initializer=initializer(), **options)(x)


def transposed(
    x: keras.KerasTensor, channels: int, kernel_size: Size, stride: Size = 1, **options: Any
) -> keras.KerasTensor:
    """A transposed convolution: enlarges by `stride`."""
    return Conv2DTranspose(channels, kernel_size, stride, "same", kernel_initializer=initializer(), **options)(x)


def dense(x: keras.KerasTensor, units: int) -> keras.KerasTensor:
    """A dense layer without an activation."""
    return layers.Dense(units, kernel_initializer=initializer())(x)


def batch_norm(x: keras.KerasTensor) -> keras.KerasTensor:
    """Batch normalisation; its averages, not those of the batch, are used outside training."""
    return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def normalised(x: keras.KerasTensor, negative_slope: float = 0.0) -> keras.KerasTensor:
    """Batch normalisation, then ReLU, which lets negative values pass with `negative_slope`."""
    return layers.LeakyReLU(negative_slope=negative_slope)(batch_norm(x))
