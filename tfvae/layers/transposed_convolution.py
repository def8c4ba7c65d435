"""Two-dimensional transposed convolution."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.layers import kernels
from tfvae.layers.convolution import biased, fits
from tfvae.layers.geometry import dims


@keras.saving.register_keras_serializable("tfvae.layers")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """As `keras.layers.Conv2DTranspose`, computed as `tfvae.layers.kernels` says where padding is "same".

    Args:
        *args: see `keras.layers.Conv2DTranspose`.
        normalised: see `Conv2D`.
        **kwargs: see `keras.layers.Conv2DTranspose`.
    """

    def __init__(self, *args: Any, normalised: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.normalised = normalised

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """See `keras.layers.Conv2DTranspose.call`."""
        if not fits(self) or self.output_padding is not None or isinstance(inputs, keras.KerasTensor):
            return super().call(inputs)
        return biased(self, convolve_transposed(inputs, self.kernel, self.strides))

    def get_config(self) -> dict[str, Any]:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "normalised": self.normalised}


def convolve_transposed(x: tf.Tensor, w: tf.Tensor, strides: tuple[int, int]) -> tf.Tensor:
    """The adjoint of * w, (B, h·sh, w·sw, C), of x (B, h, w, O) and w (kh, kw, C, O), with gradients."""
    size = (dims(x)[1] * strides[0], dims(x)[2] * strides[1])

    @tf.custom_gradient
    def of(x: tf.Tensor, w: tf.Tensor) -> Any:
        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return kernels.convolve(dy, w, strides), kernels.adjoint_in_w(dy, x, strides, dims(w)[:2])

        return kernels.adjoint_in_x(x, w, strides, size), gradient

    return of(x, tf.convert_to_tensor(w))
