"""Codes that no latent is near to any more, and what becomes of them."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.quantizers.codebooks import SHARED
from tfvae.quantizers.replicas import place, summed

TINY = 1e-20  # weight of a latent that is a code, for where all are
REVIVAL_STREAM = 5  # of random numbers: another than those of the model's noise


class Revival(keras.layers.Layer):
    """Counts for how many steps each code has not been used, and offers latents of the batch in place of dead ones.

    The further a latent is from its code, the likelier it is offered, as in k-means++ (Arthur and Vassilvitskii 2007):
    a draw from all alike would put most codes where most latents are, and these have codes enough.

    `build((K,))` makes the counts.

    Args:
        after: steps without use after which a code is dead; 0: never.
    """

    def __init__(self, after: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.after = after

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Makes the counts."""
        state = {"initializer": "zeros", "dtype": "int32", "trainable": False, **SHARED}
        self.idle = self.add_weight(name="idle", shape=input_shape, **state)
        self.steps = self.add_weight(name="steps", shape=(), **state)

    def step(
        self, latents: tf.Tensor, distances: tf.Tensor, counts: tf.Tensor, seed: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Counts a training step, and says which codes are dead, bool (K,), and what to put there, (K, D).

        Each code is offered a latent drawn from the whole batch, of all replicas: a function of the seed and of the
        number of steps so far.

        Args:
            latents: of this replica, (N, D).
            distances: squared, of these from their codes, (N,).
            counts: uses of each code in this step, over all replicas, (K,).
            seed: of the draws.
        """
        idle = tf.where(counts > 0, 0, self.idle + 1)
        dead = idle >= self.after if self.after else tf.zeros_like(idle, tf.bool)
        offered = _drawn(latents, distances, self.idle.shape[0], self._seed(seed))
        self.idle.assign(tf.where(dead, 0, idle))
        self.steps.assign(self.steps + 1)
        return dead, offered

    def _seed(self, seed: int) -> tf.Tensor:
        stream = tf.constant([seed, REVIVAL_STREAM], tf.int32)
        return tf.random.experimental.stateless_fold_in(stream, tf.convert_to_tensor(self.steps))  # pyright: ignore[reportAttributeAccessIssue]


def _drawn(latents: tf.Tensor, weights: tf.Tensor, count: int, seed: tf.Tensor) -> tf.Tensor:
    """So many latents of the whole batch, each as likely as its weight says, the same on every replica."""
    reached = tf.cumsum(tf.maximum(weights, TINY))  # (N,)
    begin, end, total = place(reached[-1])
    chosen = total * tf.random.stateless_uniform([count], seed)
    here = (chosen >= begin) & (chosen < end)
    rows = tf.searchsorted(reached, chosen - begin, side="right")
    found = tf.gather(latents, tf.minimum(rows, tf.shape(latents)[0] - 1))
    return summed(tf.where(here[:, None], found, 0.0))
