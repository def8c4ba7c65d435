"""One run from its first or next step to its last."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfvae import checks, export, runs
from tfvae.configuration import Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Source, Splits
from tfvae.errors import InterruptedRun, UserError
from tfvae.files import load_arrays, save_arrays
from tfvae.finished import NUM_EXAMPLES, examples, same_images
from tfvae.models.base import AbstractVAE
from tfvae.run_folder import Run
from tfvae.training import execution
from tfvae.training.averages import ValidateAverages
from tfvae.training.checkpoints import Best, Checkpoints
from tfvae.training.guard import NonFiniteGuard
from tfvae.training.input_wait import InputWait
from tfvae.training.log import BitsPerDim, RunLog
from tfvae.training.pictures import Pictures
from tfvae.training.progress import Progress
from tfvae.training.signals import PostponedSignals
from tfvae.training.summaries import Summaries


def train(
    model: AbstractVAE,
    splits: Splits,
    config: Config,
    run: Run,
    watching: Sequence[keras.callbacks.Callback] = (),
) -> dict:
    """Trains `model` to the end of the run, from where its last checkpoint stands.

    Args:
        model: compiled.
        splits: of the data.
        config: resolved.
        run: to write to.
        watching: further callbacks, which change nothing of the training.

    Returns:
        The state of the last checkpoint: see `Checkpoints.state`, and `version`, the number its export will have.

    Raises:
        UserError: a file of the data cannot be read; the checkpoint is of another structure.
        NonFiniteError: a term of the objective is no longer a number.
        InterruptedRun: Ctrl-C or SIGTERM, when the state has been saved.
    """
    model.optimizer.build(model.trainable_variables)
    per_epoch, epochs = checks.steps_per_epoch(config), config.train.epochs
    best = Best(run.checkpoints / "best.npz", model.kl_weight.settled, config.train.early_stopping)
    with PostponedSignals() as signals:
        keeper = Checkpoints(run.checkpoints / "last.npz", per_epoch, best, signals)
        keeper.set_model(model)
        step = keeper.restore()
        # Chosen once, so that a run that is killed between its export and its report does not export twice.
        keeper.notes.setdefault("version", export.next_version(run.serving))
        wait = InputWait()
        callbacks = [*watching, *_callbacks(config, run, best, keeper, wait, step // per_epoch)]
        while step < epochs * per_epoch and not best.state["stopped"]:
            _fit(model, splits, config, step, wait, callbacks)
            # Read back, for `fit` ends with the averaged weights, where there are any, in place of the trained ones.
            step = keeper.restore()
        if signals.received:
            raise InterruptedRun
    return keeper.state


def _fit(
    model: AbstractVAE,
    splits: Splits,
    config: Config,
    step: int,
    wait: InputWait,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Trains from `step` on: to the end of the run, or of an epoch that was broken off, which has fewer steps."""
    train, per_epoch = config.train, checks.steps_per_epoch(config)
    epoch, done = divmod(step, per_epoch)
    batches = pipeline.training_batches(
        splits.train,
        train.batch_size,
        seed=train.seed,
        epoch=epoch,
        pixels=config.data.pixels,
        labels=model.num_classes > 0,
    )
    execution.arrange(model, per_epoch - done, train.steps_per_execution)
    # Nothing is saved after an error: of a step whose images failed, TensorFlow may have done what needs none of them.
    with pipeline.readable_errors():
        model.fit(
            wait.measured(batches.skip(done) if done else batches),
            steps_per_epoch=per_epoch - done,
            initial_epoch=epoch,
            epochs=epoch + 1 if done else train.epochs,
            validation_data=splits.validation and evaluation_batches(splits.validation, config),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )


def _callbacks(
    config: Config, run: Run, best: Best, keeper: Checkpoints, wait: InputWait, epoch: int
) -> list[keras.callbacks.Callback]:
    train, originals = config.train, load_arrays(run.examples)["images"]
    convert = runs.bits_per_dim(config)
    return [
        NonFiniteGuard(),  # before anything is saved
        ValidateAverages(),
        *([BitsPerDim(convert)] if convert else []),
        best,
        RunLog(run.log, epoch),
        wait,  # after the log, which is the same for the same run, and what the clock says is not
        RunLog(run.timing, epoch, ("input_wait",)),
        Progress(train.epochs, checks.steps_per_epoch(config), convert),
        Pictures(run.pictures, originals, train.pictures_every, train.epochs),
        Summaries(run.tensorboard, originals, train.pictures_every, train.epochs),
        keeper,  # last: what it saves is the epoch with all of the above done
    ]


def evaluation_batches(source: Source, config: Config) -> tf.data.Dataset:
    """Every image of a split once, with the pixels that the configuration asks for and noise that never changes."""
    return pipeline.evaluation_batches(
        source, config.train.batch_size, seed=config.train.seed, pixels=config.data.pixels
    )


def save_examples(splits: Splits, config: Config, run: Run) -> None:
    """Stores a few images that were not trained on, where there are any, as the model sees them.

    Raises:
        UserError: if the run has begun with other images, or one of them cannot be read.
    """
    part = examples(splits)
    batches = pipeline.evaluation_batches(part, NUM_EXAMPLES, seed=0, pixels=config.data.pixels)
    with pipeline.readable_errors():
        images = np.asarray(next(iter(batches)))
    if run.begun and run.examples.exists():
        _check_same(load_arrays(run.examples)["images"], images, run)
    labels = {} if part.labels is None else {"labels": part.labels}
    save_arrays(run.examples, {"images": images, **labels})


def _check_same(stored: np.ndarray, found: np.ndarray, run: Run) -> None:
    """The configuration does not say what is in the files that it names."""
    if not same_images(stored, found):
        raise UserError(
            f"{run.folder} has begun with other images than these: give this run a --name, or begin that one afresh "
            f"with --overwrite"
        )
