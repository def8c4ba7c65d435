"""How gradients pass a quantiser: what z_e is replaced by where they are taken."""

from collections.abc import Callable

import tensorflow as tf


def straight_through(latents: tf.Tensor, quantized: tf.Tensor) -> tf.Tensor:
    """z_e itself: the gradient by z_q is taken for that by z_e (van den Oord et al. 2017, section 3.2)."""
    del quantized
    return latents


def rotation(latents: tf.Tensor, quantized: tf.Tensor) -> tf.Tensor:
    """z_e turned and stretched onto z_q by a map that is held fixed (Fifty et al. 2024, arXiv:2410.06424, eq. 4).

    (‖q‖/‖e‖)·R e with R = I − 2 r rᵀ + 2 q̂ êᵀ and r = (ê + q̂)/‖ê + q̂‖: angles between gradient and latent are kept,
    so that latents of one code move apart or together, and not all alike.

    Args:
        latents: z_e, (…, D).
        quantized: z_q, (…, D).
    """
    fixed, target = tf.stop_gradient(latents), tf.stop_gradient(quantized)
    from_unit, to_unit = tf.math.l2_normalize(fixed, axis=-1), tf.math.l2_normalize(target, axis=-1)
    middle = tf.math.l2_normalize(from_unit + to_unit, axis=-1)
    turned = latents - 2 * middle * _dot(middle, latents) + 2 * to_unit * _dot(from_unit, latents)
    return turned * tf.math.divide_no_nan(_length(target), _length(fixed))


GRADIENTS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "straight_through": straight_through,
    "rotation": rotation,
}


def with_gradient_of(value: tf.Tensor, carrier: tf.Tensor) -> tf.Tensor:
    """Exactly `value`, with the gradient of `carrier`, which has the same shape."""
    return tf.stop_gradient(value) + (carrier - tf.stop_gradient(carrier))


def _dot(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(one * other, axis=-1, keepdims=True)


def _length(vectors: tf.Tensor) -> tf.Tensor:
    return tf.norm(vectors, axis=-1, keepdims=True)
