"""Drawing codes from logits by one uniform number each: a map takes h·w numbers, however many codes there are."""

import tensorflow as tf

COLDEST = 1e-6  # a temperature of zero, which logits can be divided by


def uniforms(seeds: tf.Tensor, count: int) -> tf.Tensor:
    """Numbers in [0, 1), (B, count); row i is a function of `seeds[i]` (int32 [B, 2]) alone."""
    return tf.map_fn(
        lambda seed: tf.random.stateless_uniform([count], seed), seeds, fn_output_signature=tf.TensorSpec([count])
    )


def choose(logits: tf.Tensor, temperatures: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """The codes at which the cumulative probabilities first exceed u, (B,) int32.

    Args:
        logits: (B, K) float32.
        temperatures: that these are divided by, (B,); the lowest that counts is 10⁻⁶, which gives the most probable.
        numbers: u in [0, 1), (B,).
    """
    highest = tf.reduce_max(logits, axis=-1, keepdims=True)
    relative = tf.exp((logits - highest) / tf.maximum(temperatures, COLDEST)[:, None])
    cumulative = tf.cumsum(relative, axis=-1)
    # u is at most 1 − 2⁻²³, so that its share of the whole lies below the whole, rounded or not.
    reached = cumulative <= numbers[:, None] * cumulative[:, -1:]
    return tf.reduce_sum(tf.cast(reached, tf.int32), axis=-1)
