"""Our side: the model that `vae.py` builds of its flags, trained by `fit` as it trains it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.batches import made_up
from benchmarks.sides import HOME
from tfvae import checks, command_line, quiet
from tfvae.configuration import Config
from tfvae.errors import UserError

ENDLESS = 10**6  # epochs

if TYPE_CHECKING:
    import tensorflow as tf

    from tfvae.models.base import AbstractVAE


def configured(flags: Sequence[str]) -> Config:
    """The configuration that a command line of `vae.py` asks for.

    Raises:
        UserError: it has faults.
    """
    request = command_line.parse(["vae.py", *flags], HOME)
    if isinstance(request, str):
        raise UserError(f"{' '.join(flags)} asks for a text, not for a training")
    return request.config


def built(flags: Sequence[str]) -> "AbstractVAE":
    """The compiled model of a command line."""
    quiet.import_tensorflow()
    from tfvae import runs

    return runs.build(configured(flags))


class Steps:
    """Training steps on batches in memory; a unit is a step.

    Args:
        flags: of `vae.py`.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        config = configured(flags)
        self._model, self._batch_size = built(flags), config.train.batch_size
        height, width, channels = config.data.image_shape
        self._batches = _cycled(made_up((height, width, channels), self._batch_size))
        self._together = config.train.steps_per_execution

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        # Counted, for `fit` may do several steps at once, and then more than it is asked for.
        from tfvae.training import execution

        execution.arrange(self._model, amount, self._together)
        before = int(self._model.optimizer.iterations)
        self._model.fit(self._batches, steps_per_epoch=amount, shuffle=False, verbose=0)
        return (int(self._model.optimizer.iterations) - before) * self._batch_size


class Epochs:
    """Whole epochs, from the images to the weights; a unit is an epoch.

    Args:
        flags: of `vae.py`.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        quiet.import_tensorflow()
        from benchmarks.paced import PacedFit
        from tfvae import runs
        from tfvae.datasets import pipeline
        from tfvae.training import execution

        asked = configured(flags)
        splits = runs.load_data(asked)
        config = runs.resolve(asked, splits)
        train, steps = config.train, checks.steps_per_epoch(config)
        self._images, model = splits.train.num_images, runs.build(config)
        execution.arrange(model, steps, train.steps_per_execution)
        batches = pipeline.training_batches(splits.train, train.batch_size, seed=train.seed, pixels=config.data.pixels)
        self._fit = PacedFit(
            lambda callbacks: model.fit(
                batches, steps_per_epoch=steps, epochs=ENDLESS, callbacks=callbacks, shuffle=False, verbose=0
            )
        )

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        for _ in range(amount):
            self._fit.epoch()
        return amount * self._images


def save_images(flags: Sequence[str], path: str) -> int:
    """Writes the images that a command line trains on, for peers: (N, H, W, C) uint8, as npy. Returns N."""
    from tfvae import splits

    source = splits.load(configured(flags)).train
    np.save(path, source.images(np.arange(source.num_images)))
    return source.num_images


def _cycled(batches: Sequence[Any]) -> "tf.data.Dataset":
    """An endless stream that copies nothing."""
    import tensorflow as tf

    first, *others = (tf.data.Dataset.from_tensors(batch) for batch in batches)
    for batch in others:
        first = first.concatenate(batch)
    options = tf.data.Options()
    options.autotune.enabled = False  # nothing to tune; and the end of a stream now and then waits for the tuner
    return first.repeat().with_options(options)
