"""Blocks that keep the size and the channels of a map: convolutions of their own kind on either side."""

from collections.abc import Callable

import keras

from tfvae.networks.torch_layers import normalised

Convolution = Callable[..., keras.KerasTensor]  # map, channels, kernel size, options of the layer → map

KERNELS, POOLS = (1, 3, 5, 7), (3, 5)


def plain(x: keras.KerasTensor, convolve: Convolution, narrower: int) -> keras.KerasTensor:
    """A 3×3 convolution, batch normalisation, ReLU."""
    del narrower
    return normalised(convolve(x, x.shape[-1], 3, normalised=True))


def inception(x: keras.KerasTensor, convolve: Convolution, narrower: int) -> keras.KerasTensor:
    """Convolutions of four sizes and max-pools of two, summed (Szegedy et al. 2015, figure 2b, concatenates them).

    Args:
        x: the map, of C channels.
        convolve: a convolution or a transposed one.
        narrower: the four convolutions read C/narrower channels, which one of 1×1 makes.
    """
    channels = x.shape[-1]
    narrow = normalised(convolve(x, max(1, channels // narrower), 1, normalised=True))
    branches = [normalised(convolve(narrow, channels, size, normalised=True)) for size in KERNELS]
    return keras.layers.Add()([*branches, *(keras.layers.MaxPooling2D(size, 1, "same")(x) for size in POOLS)])


BLOCKS = {"plain": plain, "inception": inception}
