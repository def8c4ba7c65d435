"""The contract of every network family, and what convolutional families share."""

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from tfvae.registry import Limits, limit_faults

Array = NDArray[np.floating[Any]]


class Adaptable(Protocol):
    """What `Network.adapt` needs of a model; every model of an encoder and a decoder is one."""

    encoder: keras.Model
    decoder: keras.Model
    likelihood: Any  # has `params_of` and `adapt`
    image_shape: tuple[int, ...]
    latent_shape: tuple[int, ...]
    seed: int

    def posterior_params(self, mean: Array, stddev: Array) -> Array:
        """The encoder's outputs that stand for latents of this mean and standard deviation."""
        ...


@dataclass(frozen=True)
class Network(abc.ABC):
    """An encoder and a decoder that belong together. Plain data: building twice gives two separate networks.

    Attributes:
        limits: of numeric fields; written as a literal, for configurations are checked from the source text.
        latent_maps: whether latents are maps (h, w, latent_dim), and the encoder's outputs (h, w, num_params); a
            literal too.

    Raises:
        ValueError: if a number is outside its limits, or Keras knows no such activation.
    """

    limits: ClassVar[Limits] = ()
    latent_maps: ClassVar[bool] = False

    def __post_init__(self) -> None:
        found = limit_faults(self.limits, vars(self))
        if found:
            raise ValueError("; ".join(found))
        activation = vars(self).get("activation", "linear")
        if not callable(getattr(keras.activations, activation, None)):
            raise ValueError(f"Keras has no activation {activation!r}: see keras.activations; relu, gelu and silu say")

    @abc.abstractmethod
    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """Images (B, H, W, C) in [0, 1] → parameters of q(z|x), (B, num_params)."""

    @abc.abstractmethod
    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """Latents (B, latent_dim) → parameters of p(x|z), of shape (B, *image_shape).

        The last axis of `image_shape` counts parameters: channels times the likelihood's `params_per_channel`.
        """

    def adapt(self, model: Adaptable, images: Callable[..., Array]) -> None:  # noqa: B027 (few have a start)
        """Sets the first weights by what the training images are like; most networks do not.

        Args:
            model: made of this network's encoder and decoder.
            images: reads training images, (N, H, W, C) in [0, 1], as the model sees them: as many as memory holds, or
                at most as many as are asked for.
        """


def head(num_params: int, initializer: str | keras.initializers.Initializer) -> keras.layers.Layer:
    """The dense layer at the end of an encoder; float32, for densities are computed from it."""
    return keras.layers.Dense(num_params, kernel_initializer=initializer, dtype="float32", name="posterior_params")


def start_size(image_shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of the map that, enlarged by all `strides`, just covers the image."""
    factor = math.prod(strides)
    return math.ceil(image_shape[0] / factor), math.ceil(image_shape[1] / factor)


def crop_to(x: keras.KerasTensor, image_shape: tuple[int, ...]) -> keras.KerasTensor:
    """Cuts what sticks out over (H, W), evenly on both sides."""
    rows, columns = x.shape[1] - image_shape[0], x.shape[2] - image_shape[1]
    if not rows and not columns:
        return x
    top, left = rows // 2, columns // 2
    return keras.layers.Cropping2D(((top, rows - top), (left, columns - left)), name="crop")(x)


def float32_output(x: keras.KerasTensor) -> keras.KerasTensor:
    """Ends a decoder in float32 under any dtype policy."""
    return keras.layers.Activation("linear", dtype="float32", name="likelihood_params")(x)
