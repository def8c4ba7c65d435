"""How much memory the forward and backward pass of one image take."""

import math

import keras

from tfvae.describe import leaves
from tfvae.models.base import AbstractVAE

_BYTES = 4  # of a float32
_MEGABYTE = 2**20


def megabytes(model: AbstractVAE) -> float:
    """Twice the outputs of all layers for one image, in float32: once forward, and once their gradients backward.

    That is what PyTorch model summaries call "forward/backward pass size"; 1 MB is 2²⁰ bytes. An input is no layer's
    output, and a layer that only gives the same numbers another shape counts as any other.
    """
    return 2 * _BYTES * sum(outputs(network) for network in model.networks()) / _MEGABYTE


def outputs(network: keras.Model) -> int:
    """How many numbers the layers of a network put out for one image."""
    computed = (layer for layer in leaves(network) if not isinstance(layer, keras.layers.InputLayer))
    return sum(math.prod(layer.output.shape[1:]) for layer in computed)
