"""Our side: the model that `vae.py` builds of its flags, trained by `fit` as it trains it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.batches import made_up
from benchmarks.sides import HOME
from tfvae import checks, command_line, quiet
from tfvae.configuration import Config
from tfvae.errors import UserError

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


class Trained:
    """A model and what it is trained on.

    Args:
        model: compiled.
        batches: endless.
        steps_per_epoch: of an epoch for `fit`.
    """

    def __init__(self, model: "AbstractVAE", batches: "tf.data.Dataset") -> None:
        self._model, self._batches = model, batches

    def train(self, steps: int, epochs: int = 1) -> int:
        """So many epochs of so many steps; how many steps that were."""
        before = int(self._model.optimizer.iterations)
        self._model.fit(self._batches, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0)
        return int(self._model.optimizer.iterations) - before


class Steps:
    """Training steps on batches in memory; a unit is a step.

    Args:
        flags: of `vae.py`.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        model, config = built(flags), configured(flags)
        self._batch_size = config.train.batch_size
        height, width, channels = config.data.image_shape
        self._trained = Trained(model, _cycled(made_up((height, width, channels), self._batch_size)))

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        return self._trained.train(amount) * self._batch_size


class Epochs:
    """Whole epochs, from the images to the weights; a unit is an epoch.

    Args:
        flags: of `vae.py`.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        quiet.import_tensorflow()
        from tfvae import runs
        from tfvae.datasets import pipeline

        asked = configured(flags)
        splits = runs.load_data(asked)
        config = runs.resolve(asked, splits)
        train = config.train
        batches = pipeline.training_batches(splits.train, train.batch_size, seed=train.seed, pixels=config.data.pixels)
        self._images, self._steps = splits.train.num_images, checks.steps_per_epoch(config)
        self._trained = Trained(runs.build(config), batches)

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        return self._trained.train(self._steps, amount) // self._steps * self._images


def _cycled(batches: Sequence[Any]) -> "tf.data.Dataset":
    """An endless stream that copies nothing."""
    import tensorflow as tf

    first, *others = (tf.data.Dataset.from_tensors(batch) for batch in batches)
    for batch in others:
        first = first.concatenate(batch)
    return first.repeat()
