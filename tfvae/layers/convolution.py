"""Two-dimensional convolution."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.layers import kernels
from tfvae.layers.geometry import dims


@keras.saving.register_keras_serializable("tfvae.layers")
class Conv2D(keras.layers.Conv2D):
    """As `keras.layers.Conv2D`, computed as `tfvae.layers.kernels` says where padding is "same".

    Args:
        *args: see `keras.layers.Conv2D`.
        normalised: whether a batch normalisation of the batch's own moments follows at once. It takes a constant out
            again, so that the gradient of the bias is zero, and not computed: what rounding would make of it, at a
            twentieth of a step's time, the optimiser would take for a direction.
        **kwargs: see `keras.layers.Conv2D`.
    """

    def __init__(self, *args: Any, normalised: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.normalised = normalised

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """See `keras.layers.Conv2D.call`."""
        if not fits(self) or self.groups != 1 or isinstance(inputs, keras.KerasTensor):
            return super().call(inputs)
        return biased(self, convolve(inputs, self.kernel, self.strides))

    def get_config(self) -> dict[str, Any]:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "normalised": self.normalised}


def fits(layer: Any) -> bool:
    """Whether a layer is of the kind that `kernels` knows: padded to "same", channels last, without dilation."""
    return (layer.padding, layer.data_format, tuple(layer.dilation_rate)) == ("same", "channels_last", (1, 1))


def biased(layer: Any, x: tf.Tensor) -> tf.Tensor:
    """The layer's bias and activation upon x (B, h, w, C), no gradient of the bias where it is `normalised`."""
    if layer.use_bias:
        bias = tf.cast(layer.bias, x.dtype)
        x = tf.nn.bias_add(x, _without_gradient(bias) if layer.normalised else bias)
    return x if layer.activation is None else layer.activation(x)


@tf.custom_gradient
def _without_gradient(bias: tf.Tensor) -> Any:
    """Zero and not none at all, of which Keras warns."""
    return tf.identity(bias), tf.zeros_like


def convolve(x: tf.Tensor, w: tf.Tensor, strides: tuple[int, int]) -> tf.Tensor:
    """x * w, (B, h, w, O), of x (B, H, W, C) and w (kh, kw, C, O), with gradients."""

    @tf.custom_gradient
    def of(x: tf.Tensor, w: tf.Tensor) -> Any:
        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            dx = kernels.adjoint_in_x(dy, w, strides, dims(x)[1:3])
            return dx, kernels.adjoint_in_w(x, dy, strides, dims(w)[:2])

        return kernels.convolve(x, w, strides), gradient

    return of(x, tf.convert_to_tensor(w))
