"""The contract of every prior on codes."""

import abc

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from tfvae.code_priors import class_mixture


class CodePrior(keras.layers.Layer, abc.ABC):
    """p(c) = Π_i p(c_i | c_1, …, c_{i−1}) of a map of codes c (h, w), each of them 0, …, K − 1, in raster order.

    Where there are classes it is the mixture p(c) = Σ_y π_y p(c|y). The shares π are no part of training: a run begins
    with those of its labels.

    `build((None, h, w, K))`, the shape of its logits, makes its weights.

    Attributes:
        num_classes: Y, of the labels that maps can be drawn for; 0: none.
        class_shares: π, (Y,), a weight that is uniform at first; only where there are classes.
    """

    num_classes: int = 0

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
        if self.num_classes and not self.built:
            uniform = keras.initializers.Constant(1 / self.num_classes)
            # Without autocast: half precision would round shares, whose sum is 1.
            self.class_shares = self.add_weight(
                shape=(self.num_classes,), initializer=uniform, trainable=False, autocast=False, name="class_shares"
            )

    @abc.abstractmethod
    def call(self, codes: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """The logits of p(c_i | c_1, …, c_{i−1}, y), (B, h, w, K) float32, of codes (B, h, w).

        Args:
            codes: whole numbers in 0, …, K − 1.
            labels: y, the class of each map, (B,); None if and only if there are no classes.
        """

    @abc.abstractmethod
    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        """See `sample`; labels, (B,) int32, are None if and only if there are no classes."""

    def sample(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Codes (B, h, w) int32; row i is a function of `seeds[i]` (int32 [B, 2]), `temperatures[i]` and its label.

        Logits are divided by the temperature: 0 takes the most probable code at each place. Where there are classes and
        no labels each row's class is drawn from their shares, at any temperature.

        Args:
            seeds: of the rows, (B, 2).
            temperatures: of the rows, (B,).
            labels: the class of each row, (B,).

        Raises:
            ValueError: if labels are given, and there are no classes.
        """
        self.check_labels(labels)
        seeds = tf.cast(seeds, tf.int32)
        if labels is None and self.num_classes:
            labels = class_mixture.draw(seeds, tf.convert_to_tensor(self.class_shares))
        labels = None if labels is None else tf.cast(labels, tf.int32)
        return self.draw(seeds, tf.cast(temperatures, tf.float32), labels)

    def nats(self, codes: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """−log p(c_i | c_1, …, c_{i−1}) in nats, (B, h, w) float32: their sum is −log p(c).

        With labels y they are −log p(c_i | c_1, …, c_{i−1}, y), and the first has −log π_y besides: their sum is
        −log p(c, y), which is never below −log p(c).

        Raises:
            ValueError: if labels are given, and there are no classes.
        """
        self.check_labels(labels)
        codes = tf.cast(codes, tf.int32)
        if not self.num_classes:
            return self._nats(self(codes), codes)
        shares = tf.convert_to_tensor(self.class_shares)
        if labels is None:
            return class_mixture.nats(lambda label: self._nats_of_class(codes, label), shares)
        labels = tf.cast(labels, tf.int32)
        return class_mixture.with_class(self._nats(self(codes, labels), codes), tf.gather(shares, labels))

    def set_class_shares(self, labels: ArrayLike) -> None:
        """Sets π to the frequencies of labels (N,), each class counted once more, so that none is impossible."""
        counts = np.bincount(np.asarray(labels), minlength=self.num_classes) + 1
        self.class_shares.assign(counts / counts.sum())

    def check_labels(self, labels: tf.Tensor | None) -> None:
        """Refuses labels where there are no classes."""
        if labels is not None and not self.num_classes:
            raise ValueError("labels were given to a code prior of 0 classes")

    def _nats_of_class(self, codes: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        return self._nats(self(codes, tf.fill(tf.shape(codes)[:1], label)), codes)

    @staticmethod
    def _nats(logits: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
