"""Nearest neighbours among codes."""

import tensorflow as tf

MOST_DISTANCES = 2**24  # held at once: 64 MiB


def nearest(vectors: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
    """Index of the code with the least Euclidean distance from each vector, the first of several; int32 (N,).

    ‖z − e‖² = ‖z‖² − 2 z·e + ‖e‖², of which ‖z‖² decides nothing. No table of (N, K) is held where it would be large.

    Args:
        vectors: (N, D), N ≥ 1.
        codes: (K, D).
    """
    half_squares = 0.5 * tf.reduce_sum(tf.square(codes), axis=1)  # (K,)

    def of_chunk(rows: tf.Tensor) -> tf.Tensor:
        distances = half_squares - tf.matmul(rows, codes, transpose_b=True)
        return tf.argmin(distances, axis=1, output_type=tf.int32)

    count, size = tf.shape(vectors)[0], tf.shape(codes)
    rows = tf.minimum(count, tf.maximum(1, MOST_DISTANCES // size[0]))
    chunks = -(-count // rows)
    padded = tf.pad(vectors, tf.reshape(tf.stack([0, chunks * rows - count, 0, 0]), [2, 2]))
    found = tf.map_fn(
        of_chunk,
        tf.reshape(padded, tf.stack([chunks, rows, size[1]])),
        fn_output_signature=tf.TensorSpec((None,), tf.int32),
        parallel_iterations=1,
    )
    return tf.reshape(found, [-1])[:count]
