"""One run from its first or next step to its last."""

import keras
import numpy as np
import tensorflow as tf

from tfvae import checks, runs
from tfvae.configuration import Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Source, Splits
from tfvae.models.base import AbstractVAE
from tfvae.run_folder import Run
from tfvae.training import checkpoints
from tfvae.training.averages import ValidateAverages
from tfvae.training.checkpoints import Checkpoints
from tfvae.training.guard import NonFiniteGuard
from tfvae.training.log import BitsPerDim, RunLog
from tfvae.training.pictures import Pictures
from tfvae.training.progress import Progress
from tfvae.training.summaries import Summaries

NUM_EXAMPLES = 64


def train(model: AbstractVAE, splits: Splits, config: Config, run: Run) -> dict:
    """Trains `model` to the end of the run, from where its last checkpoint stands.

    Returns:
        The state of the last checkpoint: `step`, `best` (validation −ELBO), `best_epoch`, `seconds`, …
    """
    model.optimizer.build(model.trainable_variables)
    per_epoch = checks.steps_per_epoch(config)
    keeper = Checkpoints(run.checkpoints, per_epoch, model.kl_weight.settled, config.train.early_stopping)
    keeper.set_model(model)
    step = keeper.restore()
    callbacks = _callbacks(config, run, keeper, step // per_epoch)
    validation = splits.validation and evaluation_batches(splits.validation, config)
    for epoch, skipped, last_epoch in _spans(step, per_epoch, config.train.epochs):
        if keeper.state["stopped"]:
            break
        batches = pipeline.training_batches(
            splits.train, config.train.batch_size, seed=config.train.seed, epoch=epoch, pixels=config.data.pixels
        )
        model.fit(
            batches.skip(skipped) if skipped else batches,
            steps_per_epoch=per_epoch - skipped,
            initial_epoch=epoch,
            epochs=last_epoch,
            validation_data=validation,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
    return keeper.state


def _spans(step: int, per_epoch: int, epochs: int) -> list[tuple[int, int, int]]:
    """(epoch, batches of it already done, epoch to end before) of each call of `fit` that is left to make."""
    epoch, done = divmod(step, per_epoch)
    broken_off = [(epoch, done, epoch + 1)] if done else []
    first_whole = epoch + len(broken_off)
    return broken_off + ([(first_whole, 0, epochs)] if first_whole < epochs else [])


def _callbacks(config: Config, run: Run, keeper: Checkpoints, epoch: int) -> list[keras.callbacks.Callback]:
    train, originals = config.train, checkpoints.load_arrays(run.examples)["images"]
    convert = runs.bits_per_dim(config)
    return [
        NonFiniteGuard(),  # before anything is saved
        ValidateAverages(),
        *([BitsPerDim(convert)] if convert else []),
        RunLog(run.log, epoch),
        Progress(train.epochs, checks.steps_per_epoch(config), convert),
        Pictures(run.pictures, originals, train.pictures_every, train.epochs),
        keras.callbacks.TensorBoard(run.tensorboard, write_graph=False),
        Summaries(run.tensorboard / "pictures", originals, train.pictures_every),
        keeper,  # last: what it saves is the epoch with all of the above done
    ]


def evaluation_batches(source: Source, config: Config) -> tf.data.Dataset:
    """Every image of a split once, with the pixels that the configuration asks for and noise that never changes."""
    return pipeline.evaluation_batches(
        source, config.train.batch_size, seed=config.train.seed, pixels=config.data.pixels
    )


def save_examples(splits: Splits, config: Config, run: Run) -> None:
    """Stores a few images that were not trained on, where there are any, as the model sees them."""
    source = splits.validation or splits.test or splits.train
    chosen = np.random.default_rng(0).permutation(source.num_images)[:NUM_EXAMPLES]
    part = source.subset(chosen)
    batches = pipeline.evaluation_batches(part, NUM_EXAMPLES, seed=0, pixels=config.data.pixels)
    arrays = {"images": np.asarray(next(iter(batches)))}
    if part.labels is not None:
        arrays["labels"] = part.labels
    checkpoints.save_arrays(run.examples, arrays)
