"""Vector quantisation: the nearest of K learned vectors."""

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfvae.quantizers.base import Quantized, Quantizer
from tfvae.quantizers.codebooks import AveragedCodebook, Codebook, TrainedCodebook
from tfvae.quantizers.gradients import GRADIENTS, with_gradient_of
from tfvae.quantizers.nearest import nearest
from tfvae.quantizers.replicas import summed
from tfvae.quantizers.revival import Revival
from tfvae.registry import limit_faults

LATENTS_PER_CODE = 32  # that k-means sees


def _unit(vectors: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(vectors, axis=-1)


# What is done to latents and codes before they are compared.
SPACES: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {"euclidean": lambda vectors: vectors, "cosine": _unit}
CODEBOOKS: dict[str, Callable[[float], Codebook]] = {
    "ema": lambda decay: AveragedCodebook(decay, name="codebook"),
    "gradient": lambda decay: TrainedCodebook(name="codebook"),
}
STARTS = ("kmeans", "random")


@keras.saving.register_keras_serializable("tfvae.quantizers")
class VectorQuantizer(Quantizer):
    """z_q = e_k with k = argmin_j ‖z_e − e_j‖ (van den Oord et al. 2017, arXiv:1711.00937).

    The objective of an example gets β·‖z_e − sg(e)‖², and with `update="gradient"` also ‖sg(z_e) − e‖² (eq. 3), both
    summed over its places and the D numbers of each, beside a log p(x|z) in nats. A loss of
    "MSE/σ² + b·(mean of the squared distance)" means β = b·(values of an image)/(2·h·w·D).

    Args:
        codes: K.
        commitment: β.
        update: "ema": each code is the running mean of its latents; "gradient": the optimiser moves it.
        decay: of the running means.
        gradient: how gradients pass: see `tfvae.quantizers.gradients`.
        distance: "euclidean", or "cosine": latents and codes have length one (Yu et al. 2022, arXiv:2110.04627).
        start: "kmeans" of the first images, where there is someone to call `adapt`, or "random".
        revive_after: training steps after which a code that no latent had is put where a latent of the batch is that
            has no code near it; 0: never.

    Raises:
        ValueError: if an option is none of these, or outside its limits.
    """

    limits = (
        ("codes", 2, 1_048_576),
        ("commitment", 0.0, 1e6),
        ("decay", 0.0, 0.999999),
        ("revive_after", 0, 1_000_000_000),
    )

    def __init__(
        self,
        codes: int = 512,
        commitment: float = 0.25,
        update: Literal["ema", "gradient"] = "ema",
        decay: float = 0.99,
        gradient: Literal["straight_through", "rotation"] = "straight_through",
        distance: Literal["euclidean", "cosine"] = "euclidean",
        start: Literal["kmeans", "random"] = "kmeans",
        revive_after: int = 100,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        numbers = {"codes": codes, "commitment": commitment, "decay": decay, "revive_after": revive_after}
        names = {"update": update, "gradient": gradient, "distance": distance, "start": start}
        found = limit_faults(self.limits, numbers) + _unknown(names)
        if found:
            raise ValueError("; ".join(found))
        self.options: dict[str, Any] = numbers | names
        self.codebook = CODEBOOKS[update](decay)
        self.revival = Revival(revive_after, name="revival")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the codebook, for latents of `input_shape`, (None, h, w, D)."""
        if self.built:  # read from a file
            return
        self.codebook.build((self.num_codes, input_shape[-1]))
        self.revival.build((self.num_codes,))
        self.built = True

    @property
    def num_codes(self) -> int:
        """See `Quantizer.num_codes`."""
        return self.options["codes"]

    def vectors(self) -> tf.Tensor:
        """All codes as vectors, (K, D)."""
        return self._space(self.codebook.vectors())

    def lookup(self, codes: tf.Tensor) -> tf.Tensor:
        """See `Quantizer.lookup`."""
        return tf.gather(self.vectors(), codes)

    def call(self, latents: tf.Tensor, training: bool = False, seed: int = 0) -> Quantized:
        """See `Quantizer.call`."""
        latents, table = self._space(latents), self.vectors()
        flat = tf.stop_gradient(tf.reshape(latents, [-1, table.shape[1]]))
        flat_codes = nearest(flat, tf.stop_gradient(table))
        codes = tf.reshape(flat_codes, tf.shape(latents)[:-1])
        chosen = tf.gather(table, codes)  # (B, h, w, D)
        fixed = tf.stop_gradient(chosen)
        loss = self.options["commitment"] * _distance(latents, fixed)
        loss += self.codebook.loss_weight * _distance(tf.stop_gradient(latents), chosen)
        if training:
            self._learn(flat, flat_codes, tf.gather(tf.stop_gradient(table), flat_codes), seed)
        return Quantized(with_gradient_of(fixed, GRADIENTS[self.options["gradient"]](latents, fixed)), codes, loss)

    def _learn(self, latents: tf.Tensor, codes: tf.Tensor, chosen: tf.Tensor, seed: int) -> None:
        distances = tf.reduce_sum(tf.square(latents - chosen), axis=1)
        counts = summed(tf.cast(tf.math.bincount(codes, minlength=self.num_codes), tf.float32))
        self.codebook.update(latents, codes, counts)
        self.codebook.replace(*self.revival.step(latents, distances, counts, seed))

    @property
    def wanted_latents(self) -> int:
        """See `Quantizer.wanted_latents`."""
        return LATENTS_PER_CODE * self.num_codes if self.options["start"] == "kmeans" else 0

    def adapt(self, latents: NDArray[np.floating[Any]], seed: int) -> None:
        """See `Quantizer.adapt`: the codes begin at the means of clusters."""
        from tfvae.quantizers import kmeans  # scikit-learn, which nothing else of a model needs

        chosen = np.random.default_rng(seed).permutation(len(latents))[: self.wanted_latents]
        compared = np.asarray(self._space(tf.constant(latents[chosen], tf.float32)))
        self.codebook.start(kmeans.centres(compared, self.num_codes, seed))

    def _space(self, vectors: tf.Tensor) -> tf.Tensor:
        return SPACES[self.options["distance"]](vectors)

    def get_config(self) -> dict[str, Any]:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), **self.options}


def _distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Squared, summed over all but the batch: (B,)."""
    return tf.reduce_sum(tf.square(one - other), axis=(1, 2, 3))


def _unknown(names: dict[str, str]) -> list[str]:
    known = {"update": CODEBOOKS, "gradient": GRADIENTS, "distance": SPACES, "start": STARTS}
    return [
        f"{option} is {name!r}: expected one of {', '.join(known[option])}"
        for option, name in names.items()
        if name not in known[option]
    ]
