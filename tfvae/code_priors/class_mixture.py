"""p(c) = Σ_y π_y p(c|y) of maps of codes c with classes y."""

from collections.abc import Callable

import tensorflow as tf

from tfvae.code_priors.inverse_cdf import choose

_CLASS = 1  # folded into a row's seed for its class, whose number is then none of those of its codes


def nats(of_class: Callable[[tf.Tensor], tf.Tensor], shares: tf.Tensor) -> tf.Tensor:
    """−log p(c_i | c_1, …, c_{i−1}) of the mixture in nats, (B, h, w): their sum is −log p(c).

    With L_i = log π_y + Σ_{j≤i} log p(c_j | c_1, …, c_{j−1}, y) of each class and M_i = log Σ_y exp L_i, place i costs
    M_{i−1} − M_i.

    Args:
        of_class: y → −log p(c_i | c_1, …, c_{i−1}, y), (B, h, w) float32; called for one class after another.
        shares: π, (Y,).
    """
    kinds = tf.range(shares.shape[0])
    each = tf.map_fn(of_class, kinds, parallel_iterations=1, fn_output_signature=tf.float32)  # (Y, B, h, w)
    shape = tf.shape(each)
    each = tf.reshape(each, [shape[0], shape[1], shape[2] * shape[3]])
    # Sums of what the classes have in common would be large, and differences of these coarse in float32.
    common = tf.reduce_mean(each, axis=0)
    beyond = tf.cumsum(each - common, axis=-1)
    beyond = tf.pad(beyond, ((0, 0), (0, 0), (1, 0)))  # nothing is known before the first place
    total = tf.reduce_logsumexp(tf.math.log(shares)[:, None, None] - beyond, axis=0)  # (B, 1 + h·w)
    return tf.reshape(common + total[:, :-1] - total[:, 1:], shape[1:])


def with_class(conditional: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """−log p(c, y) by place, (B, h, w): the class is paid for at the first place.

    Args:
        conditional: −log p(c_i | c_1, …, c_{i−1}, y), (B, h, w).
        shares: π_y of each map, (B,).
    """
    height, width = tf.unstack(tf.shape(conditional)[1:])
    return conditional + tf.pad(-tf.math.log(shares)[:, None, None], [[0, 0], [0, height - 1], [0, width - 1]])


@tf.function(autograph=False, input_signature=(tf.TensorSpec((None, 2), tf.int32), tf.TensorSpec((None,), tf.float32)))
def draw(seeds: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """Classes (B,) int32; row i is a function of `seeds[i]` (int32 [B, 2]) and the shares π (Y,) alone."""

    def number(seed: tf.Tensor) -> tf.Tensor:
        folded = tf.random.experimental.stateless_fold_in(seed, _CLASS)  # pyright: ignore[reportAttributeAccessIssue]
        return tf.random.stateless_uniform([], folded)

    numbers = tf.map_fn(number, seeds, fn_output_signature=tf.TensorSpec([]))
    return choose(tf.math.log(shares)[None], tf.ones([1]), numbers)
