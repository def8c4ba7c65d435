"""Maps normalised by the means and variances of their channels.

Few channels are taken together with their neighbours: a map of 3 channels is one of 48, of which 16 each are one.
oneDNN has no fast way for 3, and takes ten times as long.
"""

import math
from typing import Any

import tensorflow as tf

from tfvae.layers.geometry import dims

WIDE = 16  # channels: a multiple of so many fills the processor's registers


def scaled(
    x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tf.Tensor:
    """(x − mean)/√(variance + ε)·scale + offset, (B, …, C), of x (B, …, C) and the others (C,)."""
    packed, times = _packed(x)
    at = {"mean": mean, "variance": variance, "scale": scale, "offset": offset}
    tiled = {name: tf.tile(value, [times]) for name, value in at.items()}
    found = tf.raw_ops.FusedBatchNormV3(x=packed, **tiled, epsilon=epsilon, is_training=False)
    return tf.reshape(found.y, tf.shape(x))


def normalised(
    x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """x (B, …, C) by its own moments, and these: mean and biased variance, (C,), which pass no gradient."""
    packed, times = _packed(x)
    if times > 1:
        return _of_few_channels(x, scale, offset, epsilon)
    found = _fused(packed, scale, offset, epsilon)
    mean, variance = tf.stop_gradient(found.batch_mean), tf.stop_gradient(found.batch_variance)
    return tf.reshape(found.y, tf.shape(x)), mean, _biased(variance, _rows(x))


def _of_few_channels(
    x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    @tf.custom_gradient
    def of(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> Any:
        mean, variance = _moments(x)

        def gradient(dy: tf.Tensor, *_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            dx, dscale, doffset = _at_fixed_moments(dy, x, mean, variance, scale, epsilon)
            # The moments depend on x too (Ioffe and Szegedy 2015, section 3): less γ/σ·(dβ + x̂·dγ)/N, linear in x.
            of_one = scale * tf.math.rsqrt(variance + epsilon) / _rows(x)
            return dx - scaled(x, mean, variance, of_one * dscale, of_one * doffset, epsilon), dscale, doffset

        return (scaled(x, mean, variance, scale, offset, epsilon), mean, variance), gradient

    return of(x, scale, offset)


def _moments(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and biased variance of each channel, (C,) each, from those of its parts."""
    packed, times = _packed(x)
    ones, zeros = tf.ones([packed.shape[-1]]), tf.zeros([packed.shape[-1]])
    found = _fused(packed, ones, zeros, epsilon=1e-3)
    means = tf.reshape(found.batch_mean, [times, -1])
    variances = tf.reshape(_biased(found.batch_variance, _rows(packed)), [times, -1])
    mean = tf.reduce_mean(means, 0)
    return mean, tf.reduce_mean(variances + tf.square(means - mean), 0)


def _at_fixed_moments(
    dy: tf.Tensor, x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, scale: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The gradients in x, scale and offset as if the moments were constants."""
    (packed, times), (packed_dy, _) = _packed(x), _packed(dy)
    mean, variance, scale = (tf.tile(value, [times]) for value in (mean, variance, scale))
    found = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=packed_dy,
        x=packed,
        scale=scale,
        reserve_space_1=mean,
        reserve_space_2=variance,
        reserve_space_3=tf.zeros([0]),
        epsilon=epsilon,
        is_training=False,
    )
    dscale, doffset = (
        tf.reduce_sum(tf.reshape(value, [times, -1]), 0) for value in (found.scale_backprop, found.offset_backprop)
    )
    return tf.reshape(found.x_backprop, tf.shape(x)), dscale, doffset


def _fused(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float) -> Any:
    return tf.raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=[], variance=[], epsilon=epsilon, is_training=True
    )


def _biased(variance: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """The fused operation divides by N − 1, for its running average; Keras' averages are of what is divided by N."""
    return variance * (tf.maximum(rows - 1.0, 0.0) / tf.maximum(rows, 1.0))


def _rows(x: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.reduce_prod(tf.shape(x)[:-1]), tf.float32)


def _packed(x: tf.Tensor) -> tuple[tf.Tensor, int]:
    """x as (B, h, w, times·C) with so many channels as are computed fast, where that can be, and `times`."""
    _, *size, channels = dims(x)
    times, pixels = WIDE // math.gcd(WIDE, channels), math.prod(size)
    if times == 1 or pixels % times:
        return (x, 1) if len(size) == 2 else (tf.reshape(x, [-1, pixels, 1, channels]), 1)
    return tf.reshape(x, [-1, pixels // times, 1, times * channels]), times
