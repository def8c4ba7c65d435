"""Which codes are used, over a whole epoch."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfvae.quantizers.replicas import summed


class CodeUsage(keras.metrics.Metric):
    """Perplexity and share of the codes in use, of all codes that were seen and not of a batch.

    A batch has too few places for every code to be among them: means over batches would be too low, and depend on
    their size.

    Args:
        size: K.
    """

    def __init__(self, size: int, name: str = "code_usage", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.counts = self.add_variable((size,), "zeros", name="counts")

    def update_state(self, codes: tf.Tensor) -> None:
        """Takes codes of a batch, int32 of any shape."""
        size = self.counts.shape[0]
        found = tf.math.bincount(tf.reshape(codes, [-1]), minlength=size, maxlength=size)
        self.counts.assign_add(tf.cast(found, tf.float32))

    def result(self) -> dict[str, tf.Tensor]:
        """`perplexity`, exp of the entropy of how often each code is used, and `codes_used`, a share of K."""
        counts = summed(tf.convert_to_tensor(self.counts))  # of a replica: a mean of perplexities is none
        shares = tf.math.divide_no_nan(counts, tf.reduce_sum(counts))
        entropy = -tf.reduce_sum(tf.math.xlogy(shares, shares))
        return {
            "perplexity": tf.exp(entropy),
            "codes_used": tf.reduce_mean(tf.cast(counts > 0, tf.float32)),
        }

    def statistics(self) -> dict[str, NDArray[np.floating[Any]]]:
        """`code_counts`, how often each code was seen, (K,), if any was."""
        counts = np.asarray(self.counts)
        return {"code_counts": counts} if counts.any() else {}
