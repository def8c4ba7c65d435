"""What TensorBoard shows: the scalars of the log, image grids and histograms of the posterior."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfvae.training.averages import averaged_weights
from tfvae.training.pictures import KINDS, due, kinds_of


class Summaries(keras.callbacks.Callback):
    """Writes the scalars of each epoch, and some epochs' pictures and histograms of q(z|x)'s means and deviations.

    Below `folder` are `train`, `validation` and `pictures`. Keras' own callback writes scalars too, but leaves them
    in memory for up to two minutes: those of a run that is killed then, and goes on after that epoch, are lost.

    Args:
        folder: of the event files.
        originals: images, (N, H, W, C) in [0, 1].
        every: epochs between pictures.
        epochs: the number of the last epoch.
    """

    def __init__(self, folder: Path, originals: np.ndarray, every: int, epochs: int) -> None:
        super().__init__()
        self.folder = folder
        self.originals = originals
        self.every = every
        self.epochs = epochs
        self._writers: dict[str, tf.summary.SummaryWriter] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Writes the summaries of this epoch."""
        number = epoch + 1
        for name, value in (logs or {}).items():
            with self._writer("validation" if name.startswith("val_") else "train").as_default(number):
                tf.summary.scalar(name.removeprefix("val_"), value)
        with self._writer("train").as_default(number):
            tf.summary.scalar("learning_rate", float(self.model.optimizer.learning_rate))
        if due(number, self.every, self.epochs, self.model):
            with self._writer("pictures").as_default(number), averaged_weights(self.model):
                self._write_pictures()
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the files; an epoch after that begins new ones."""
        while self._writers:
            self._writers.popitem()[1].close()

    def _writer(self, name: str) -> tf.summary.SummaryWriter:
        if name not in self._writers:
            self._writers[name] = tf.summary.create_file_writer(str(self.folder / name))
        return self._writers[name]

    def _write_pictures(self) -> None:
        q = self.model.encode(self.originals)
        tf.summary.histogram("posterior/mean", q.mean())
        tf.summary.histogram("posterior/stddev", q.stddev())
        for kind in kinds_of(self.model):
            tf.summary.image(kind, KINDS[kind](self.model, self.originals)[None])
