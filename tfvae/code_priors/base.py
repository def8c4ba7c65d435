"""The contract of every prior on codes."""

import abc

import keras
import tensorflow as tf


class CodePrior(keras.layers.Layer, abc.ABC):
    """p(c) = Π_i p(c_i | c_1, …, c_{i−1}) of a map of codes c (h, w), each of them 0, …, K − 1, in raster order.

    `build((None, h, w, K))`, the shape of its logits, makes its weights.
    """

    def build(self, logits_shape: tuple[int | None, ...]) -> None:
        """Remembers (h, w) and K; a subclass makes its weights then, unless it is built already.

        Raises:
            ValueError: if one of these numbers is not known, or another than that of the weights there are.
        """
        shape = tuple(size for size in logits_shape[1:] if size is not None)
        if len(shape) != 3 or len(logits_shape) != 4:
            raise ValueError(f"logits of shape {logits_shape}: expected (None, h, w, K) with h, w and K known")
        known = (*self.code_shape, self.num_codes) if self.built else shape
        if known != shape:
            raise ValueError(f"logits of shape {logits_shape} of a code prior that has been built for {known}")
        height, width, self.num_codes = shape
        self.code_shape = height, width

    @abc.abstractmethod
    def call(self, codes: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """The logits of p(c_i | c_1, …, c_{i−1}), (B, h, w, K) float32, of codes (B, h, w).

        Args:
            codes: whole numbers in 0, …, K − 1.
            labels: the class of each map, (B,), for a prior that is conditional on it.
        """

    @abc.abstractmethod
    def sample(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Codes (B, h, w) int32; row i is a function of `seeds[i]` (int32 [B, 2]), `temperatures[i]` and its label.

        Logits are divided by the temperature: 0 takes the most probable code at each place.
        """

    def nats(self, codes: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """−log p(c_i | c_1, …, c_{i−1}) in nats, (B, h, w) float32: their sum is −log p(c)."""
        logits = self(codes) if labels is None else self(codes, labels)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(codes, tf.int32), logits)
