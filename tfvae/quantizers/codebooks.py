"""Where the vectors of a `VectorQuantizer` come from: one class per way of learning them."""

import abc
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfvae.quantizers.replicas import summed

# Every replica assigns the same value, computed from sums over all of them: one copy of it will do.
SHARED = {"aggregation": "only_first_replica"}
EPSILON = 1e-5  # of the Laplace smoothing


class Codebook(keras.layers.Layer, abc.ABC):
    """K vectors of D numbers. `build((K, D))` makes them.

    Attributes:
        loss_weight: of ‖sg(z_e) − e‖² in the objective: whether gradients are what moves the vectors.
    """

    loss_weight: float

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    @abc.abstractmethod
    def vectors(self) -> tf.Tensor:
        """e, (K, D)."""

    @abc.abstractmethod
    def update(self, latents: tf.Tensor, codes: tf.Tensor, counts: tf.Tensor) -> None:
        """Learns from a training step.

        Args:
            latents: of this replica, (N, D).
            codes: of these, int32 (N,).
            counts: of each code over all replicas, float32 (K,).
        """

    @abc.abstractmethod
    def replace(self, chosen: tf.Tensor, vectors: tf.Tensor) -> None:
        """Puts vectors (K, D) in the place of those of the chosen codes, bool (K,)."""

    @abc.abstractmethod
    def start(self, vectors: NDArray[np.floating[Any]]) -> None:
        """Begins with these vectors, (K, D)."""


class AveragedCodebook(Codebook):
    """Each vector is the running mean of the latents that had its code (van den Oord et al. 2017, appendix A.1).

    N ← γN + (1 − γ)n, m ← γm + (1 − γ)Σz and e = m/N′, where N′ = (N + ε)/(ΣN + Kε)·ΣN: Laplace smoothing, so that a
    code that is hardly used is not divided by next to nothing. Both begin as if every code had been seen once.

    Args:
        decay: γ.
    """

    loss_weight = 0.0

    def __init__(self, decay: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decay = decay

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Makes N and m."""
        self.size = input_shape[0]
        self.counts = self.add_weight(
            name="counts", shape=input_shape[:1], initializer="ones", trainable=False, **SHARED
        )
        self.sums = self.add_weight(
            name="sums", shape=input_shape, initializer="random_normal", trainable=False, **SHARED
        )

    def vectors(self) -> tf.Tensor:
        """See `Codebook.vectors`."""
        counts = tf.convert_to_tensor(self.counts)
        total = tf.reduce_sum(counts)
        smoothed = (counts + EPSILON) / (total + self.size * EPSILON) * total
        return tf.convert_to_tensor(self.sums) / smoothed[:, None]

    def update(self, latents: tf.Tensor, codes: tf.Tensor, counts: tf.Tensor) -> None:
        """See `Codebook.update`."""
        sums = summed(tf.math.unsorted_segment_sum(latents, codes, self.size))
        self.counts.assign(self.decay * self.counts + (1 - self.decay) * counts)
        self.sums.assign(self.decay * self.sums + (1 - self.decay) * sums)

    def replace(self, chosen: tf.Tensor, vectors: tf.Tensor) -> None:
        """See `Codebook.replace`. As if seen once."""
        self.counts.assign(tf.where(chosen, 1.0, self.counts))
        self.sums.assign(tf.where(chosen[:, None], vectors, self.sums))

    def start(self, vectors: NDArray[np.floating[Any]]) -> None:
        """See `Codebook.start`."""
        self.counts.assign(np.ones(len(vectors)))
        self.sums.assign(vectors)


class TrainedCodebook(Codebook):
    """The optimiser moves each vector towards the latents that have its code."""

    loss_weight = 1.0

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Makes the vectors, uniform in ±1/K."""
        small = keras.initializers.RandomUniform(-1 / input_shape[0], 1 / input_shape[0])
        self.table = self.add_weight(name="vectors", shape=input_shape, initializer=small, **SHARED)

    def vectors(self) -> tf.Tensor:
        """See `Codebook.vectors`."""
        return 1.0 * self.table  # a product, whose gradient is dense: optimisers clip no sparse ones

    def update(self, latents: tf.Tensor, codes: tf.Tensor, counts: tf.Tensor) -> None:
        """See `Codebook.update`: the optimiser's work."""

    def replace(self, chosen: tf.Tensor, vectors: tf.Tensor) -> None:
        """See `Codebook.replace`."""
        self.table.assign(tf.where(chosen[:, None], vectors, self.table))

    def start(self, vectors: NDArray[np.floating[Any]]) -> None:
        """See `Codebook.start`."""
        self.table.assign(vectors)
