"""One point of a curve: what so many images, pixels, latents or draws take, in a process that did nothing else.

Each function gives seconds, and the bytes that were added to what the process held before it began.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from benchmarks import usage
from benchmarks.ours import Steps, built
from tfvae import quiet
from tfvae.datasets.base import Source

SHAPE = (28, 28, 1)
BATCH_SIZE = 256
REPEATS = 3
LEAST_SECONDS = 0.4  # of a repeat
BYTES_AT_ONCE = 2**28

Point = dict[str, float]


class MadeUp(Source):
    """Images that are computed when they are asked for, as files are read then: no pixels are held.

    Args:
        rows: (N,) numbers that the images are made of.
    """

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__(SHAPE, np.dtype(np.uint8))
        self._rows = rows

    @property
    def num_images(self) -> int:
        """See `Source.num_images`."""
        return len(self._rows)

    def images(self, indices: ArrayLike) -> np.ndarray:
        """See `Source.images`."""
        pixels = np.arange(np.prod(SHAPE)).reshape(SHAPE)
        return (self._rows[np.asarray(indices)][:, None, None, None] * 31 + pixels).astype(np.uint8)

    def subset(self, indices: ArrayLike) -> Self:
        """See `Source.subset`."""
        return type(self)(self._rows[np.asarray(indices)])

    def digest(self) -> str:
        """See `Source.digest`."""
        return hashlib.sha256(self._rows.tobytes()).hexdigest()


def reading(num_images: int) -> Point:
    """An epoch of batches, as training reads it."""
    quiet.import_tensorflow()
    from tfvae.datasets import pipeline

    next(iter(pipeline.training_batches(MadeUp(np.arange(1000)), BATCH_SIZE, seed=1)))  # what the first use takes
    before, begun = usage.resident_bytes(), time.perf_counter()
    batches = iter(pipeline.training_batches(MadeUp(np.arange(num_images)), BATCH_SIZE, seed=0))
    next(batches)
    first = time.perf_counter() - begun
    for _ in range(pipeline.steps_per_epoch(num_images, BATCH_SIZE) - 1):
        next(batches)
    seconds = time.perf_counter() - begun
    return {"first_seconds": first, "seconds": seconds, "added_bytes": usage.peak_bytes() - before}


def training_step(flags: Sequence[str]) -> Point:
    """A training step of the model of a command line of `vae.py`."""
    work = Steps(flags)
    before = usage.resident_bytes()  # the weights are there; the optimiser's moments and the activations are not
    return {"seconds": _timed(lambda steps: work.run(steps)), "added_bytes": usage.peak_bytes() - before}


def importance_sampling(flags: Sequence[str], num_images: int, num_samples: int) -> Point:
    """log p(x) of some images with K draws each."""
    model = built(flags)
    from tfvae.evaluation import marginal, restored

    functions = restored.functions_of(model)
    images = np.random.default_rng(0).random((num_images, *model.image_shape), np.float32)
    size, chunk = marginal.chunks(num_samples, functions.floats_per_decode, BYTES_AT_ONCE)

    def estimate(times: int) -> None:
        for _ in range(times):
            for start in range(0, num_images, size):
                marginal.log_marginal(functions.log_weights, images[start : start + size], num_samples, 0, chunk)

    before = usage.resident_bytes()
    return {"seconds": _timed(estimate), "added_bytes": usage.peak_bytes() - before}


def _timed(work: Callable[[int], Any]) -> float:
    """Seconds of one unit: the median of a few repeats, after the first, which compiles."""
    work(2)
    amount = 1
    while (seconds := _seconds(work, amount)) < LEAST_SECONDS:
        amount *= 2
    repeats = [seconds, *(_seconds(work, amount) for _ in range(REPEATS - 1))]
    return float(np.median(repeats)) / amount


def _seconds(work: Callable[[int], Any], amount: int) -> float:
    begun = time.perf_counter()
    work(amount)
    return time.perf_counter() - begun
