"""Statistics of a batch that several replicas share."""

import tensorflow as tf


def summed(value: tf.Tensor) -> tf.Tensor:
    """The sum over replicas; the same tensor on each of them."""
    alone = tf.distribute.get_strategy().num_replicas_in_sync == 1
    if alone or tf.distribute.in_cross_replica_context():  # where variables are read as sums already
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def place(share: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Where the share of this replica begins and ends, if all are laid end to end, and where the last one ends.

    Args:
        share: of this replica, a scalar.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1:
        return tf.zeros_like(share), share, share
    own = tf.distribute.get_replica_context().replica_id_in_sync_group
    ends = tf.cumsum(summed(tf.one_hot(own, replicas, dtype=share.dtype) * share))  # (replicas,)
    return tf.concat([[0.0], ends], axis=0)[own], ends[own], ends[-1]
