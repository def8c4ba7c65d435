"""Residual convolutions around a linear autoencoder that begins at the principal components."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfvae.networks import principal_components
from tfvae.networks.base import Adaptable, Array, Network, float32_output, head
from tfvae.networks.principal_components import CHUNK, EDGE, LinearModel
from tfvae.networks.residual import Residual, nearly_zero

layers = keras.layers


@dataclass(frozen=True)
class LinearResidual(Network):
    """`Residual`, added to one linear map from the pixels' logits to the posterior, and one from latents to logits.

    The convolutions begin near zero and the linear maps, by `adapt`, at the principal components of the training
    images: at the optimum of a linear decoder (Tipping and Bishop 1999; Lucas et al. 2019, "Don't blame the ELBO!"),
    which networks that begin at random take many epochs to reach. No latent begins collapsed. The linear maps hold
    3·D·L weights for D pixel values and a Gaussian posterior: 4.7 million at 64×64×3 with 128 latents, 75 million at
    256×256×3.

    Args:
        channels: see `Residual`.
        blocks: see `Residual`.
        activation: see `Residual`.
    """

    limits = (("channels", 1, 10_000), ("blocks", 0, 100))

    channels: tuple[int, ...] = (32, 64, 128)
    blocks: int = 1
    activation: str = "gelu"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._residual()

    def _residual(self) -> Residual:
        return Residual(self.channels, self.blocks, self.activation)

    def encoder(self, image_shape: tuple[int, ...], num_params: int) -> keras.Model:
        """See `Network.encoder`."""
        inputs = keras.Input(image_shape, name="images")
        linear = _linear(layers.Flatten(dtype="float32")(Logits(name="logits")(inputs)), num_params, "linear_encoder")
        residual = head(num_params, nearly_zero())(self._residual().features(inputs))
        return keras.Model(inputs, layers.Add(dtype="float32")([linear, residual]), name="encoder")

    def decoder(self, latent_dim: int, image_shape: tuple[int, ...]) -> keras.Model:
        """See `Network.decoder`."""
        inputs = keras.Input((latent_dim,), name="latents")
        linear = _linear(inputs, int(np.prod(image_shape)), "linear_decoder")
        linear = layers.Reshape(image_shape, dtype="float32")(linear)
        residual = float32_output(self._residual().image(inputs, image_shape, nearly_zero()))
        return keras.Model(inputs, layers.Add(dtype="float32")([linear, residual]), name="decoder")

    def adapt(self, model: Adaptable, images: Callable[..., Array]) -> None:
        """See `Network.adapt`. The linear maps begin as `principal_components.fit` finds them."""
        pixels = images()
        flat = pixels.reshape(len(pixels), -1)
        logits = np.empty_like(flat)
        for start in range(0, len(flat), CHUNK):  # in parts: all at once would take their memory several times
            logits[start : start + CHUNK] = _logits(flat[start : start + CHUNK])
        found = principal_components.fit(flat, logits, model.latent_shape[0], model.seed)
        _set_encoder(model, found)
        _set_decoder(model, found)


@keras.saving.register_keras_serializable("tfvae.networks")
class Logits(keras.layers.Layer):
    """log(x / (1 − x)) of images x in [0, 1], held within `EDGE` of the ends."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Of the same shape."""
        return _logits(images)


def _logits(images: Any) -> Any:
    held = keras.ops.clip(images, EDGE, 1 - EDGE)
    return keras.ops.log(held) - keras.ops.log(1 - held)


def _linear(x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
    """A dense layer of inputs divided by √fan_in.

    Adam moves each weight by about its learning rate, and one output of 12,288 pixels so by 12,288 of them: the
    division makes that √12,288 (the "equalised learning rate" of Karras et al. 2018, section 4.1).
    """
    scaled = layers.Rescaling(x.shape[-1] ** -0.5, dtype="float32", name=f"{name}_gain")(x)
    small = keras.initializers.RandomNormal(stddev=0.1)
    return layers.Dense(units, kernel_initializer=small, dtype="float32", name=name)(scaled)


def _set_encoder(model: Adaptable, found: LinearModel) -> None:
    layer = model.encoder.get_layer("linear_encoder")
    kernel = np.zeros(layer.kernel.shape)
    kernel[:, : len(found.offset)] = found.encoding * np.sqrt(len(kernel))
    layer.set_weights([kernel, model.posterior_params(found.offset, found.stddev)])


def _set_decoder(model: Adaptable, found: LinearModel) -> None:
    likelihood, shape = model.likelihood, (-1, *model.image_shape)
    latents = len(found.decoding)
    likelihood.adapt(found.deviation)
    # By logarithms of one, so zeros, where the outputs hold a scale: its start is in the bias.
    kernel = likelihood.params_of((found.decoding * np.sqrt(latents)).reshape(shape), deviation=1.0)
    bias = likelihood.params_of(found.middle.reshape(shape), found.deviation)
    model.decoder.get_layer("linear_decoder").set_weights([kernel.reshape(latents, -1), bias.reshape(-1)])
