"""The contract of every quantiser."""

import abc
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


class Quantized(NamedTuple):
    """What a quantiser makes of latents z_e, (B, h, w, D).

    Attributes:
        latents: z_q, (B, h, w, D): exactly what `lookup` gives of the codes; gradients pass through it to z_e.
        codes: int32 (B, h, w), from 0 to K − 1.
        loss: what is added to the objective of each example in training, in nats, (B,).
    """

    latents: tf.Tensor
    codes: tf.Tensor
    loss: tf.Tensor


class Quantizer(keras.layers.Layer, abc.ABC):
    """One of K vectors for each place of a map. `build((None, h, w, D))` makes whatever weights it has.

    Called in training it may change what it is made of, once a call; else it is a function.
    """

    def __init__(self, **kwargs: Any) -> None:
        # Distances stay float32 whatever the networks compute in: bfloat16 tells few codes apart.
        super().__init__(**{"dtype": "float32", **kwargs})

    @property
    @abc.abstractmethod
    def num_codes(self) -> int:
        """K."""

    @abc.abstractmethod
    def call(self, latents: tf.Tensor, training: bool = False, seed: int = 0) -> Quantized:
        """The code of every place, of latents (B, h, w, D).

        Args:
            latents: z_e.
            training: whether to learn from these latents.
            seed: of what is random in that.
        """

    @abc.abstractmethod
    def lookup(self, codes: tf.Tensor) -> tf.Tensor:
        """The vectors (…, D) of codes (…)."""

    @property
    def wanted_latents(self) -> int:
        """How many latents `adapt` would like to see; 0: it begins without any."""
        return 0

    def adapt(self, latents: NDArray[np.floating[Any]], seed: int) -> None:
        """Begins from latents of training images, before the first step.

        Args:
            latents: (N, D).
            seed: of what is random in it.
        """
