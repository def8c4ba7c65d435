"""What a code costs under a prior on codes, beside what it costs without one."""

import math
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfvae.configuration import Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Source, Splits
from tfvae.models.two_stage import TwoStage
from tfvae.progress import track

Counts = NDArray[np.int64]


def compare(model: TwoStage, splits: Splits, config: Config, numbers: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Bits for each code: if all were equally probable, by how often each occurs in training images, and by the prior.

    Args:
        model: with its best weights.
        splits: of the data.
        config: resolved.
        numbers: by split, as `tfvae.reports.measure` gives them.

    Returns:
        `uniform`, log₂ K; and by split `histogram`, the cross-entropy of its codes to the frequencies in the training
        images, and `prior`.
    """
    others = {"validation": splits.validation, "test": splits.test}
    sources = {name: source for name, source in others.items() if source is not None}
    frequencies = counts(model, splits.train, config)
    return {
        "uniform": math.log2(model.num_codes),
        "histogram": {
            name: cross_entropy(counts(model, source, config), frequencies) for name, source in sources.items()
        },
        "prior": {name: numbers[name]["bits_per_code"] for name in sources},
    }


def counts(model: TwoStage, source: Source, config: Config) -> Counts:
    """How often each code occurs in images, (K,)."""

    @partial(tf.function, input_signature=[tf.TensorSpec((None, *model.image_shape))])
    def counted(images: tf.Tensor) -> tf.Tensor:
        return tf.math.bincount(tf.reshape(model.encode_codes(images), [-1]), minlength=model.num_codes)

    batches = pipeline.evaluation_batches(
        source, config.train.batch_size, seed=config.train.seed, pixels=config.data.pixels
    )
    steps = pipeline.steps_per_epoch(source.num_images, config.train.batch_size)
    total = np.zeros(model.num_codes, np.int64)
    with pipeline.readable_errors():
        for images in track(batches, "counting codes", steps):
            total += counted(images).numpy()
    return total


def cross_entropy(found: Counts, frequencies: Counts) -> float:
    """Bits for each of the codes counted in `found`, if each is coded by its frequency, one added to all (Laplace)."""
    shares = (frequencies + 1) / (frequencies.sum() + len(frequencies))
    return float(-np.sum(found * np.log2(shares)) / found.sum())


def sentences(report: dict[str, Any]) -> list[str]:
    """What a report says of it, a sentence for each split."""
    costs = report.get("code_costs")
    if not costs:
        return []
    return [
        f"a code of the {name} images: {bits:.3f} bits under the prior, {costs['histogram'][name]:.3f} by how often "
        f"each occurs in training images, {costs['uniform']:.3f} if all were equally probable"
        for name, bits in costs["prior"].items()
    ]
