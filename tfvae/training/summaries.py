"""What TensorBoard shows besides the scalars that Keras writes: image grids and histograms of the posterior."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfvae import plotting
from tfvae.training.averages import averaged_weights
from tfvae.training.pictures import SEED


class Summaries(keras.callbacks.Callback):
    """Writes generations, reconstructions, and histograms of q(z|x)'s means and standard deviations.

    Args:
        folder: of the event files.
        originals: images, (N, H, W, C) in [0, 1].
        every: epochs between summaries.
    """

    def __init__(self, folder: Path, originals: np.ndarray, every: int) -> None:
        super().__init__()
        self.folder = folder
        self.originals = originals
        self.every = every
        self._writer: tf.summary.SummaryWriter | None = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Writes the summaries of this epoch if it is its turn."""
        if (epoch + 1) % self.every:
            return
        self._writer = self._writer or tf.summary.create_file_writer(str(self.folder))
        with self._writer.as_default(step=epoch), averaged_weights(self.model):
            q = self.model.encode(self.originals)
            reconstructions = np.asarray(self.model.decode(q.mean()).mean())
            generations = np.asarray(self.model.sample(len(self.originals), seed=SEED))
            tf.summary.histogram("posterior/mean", q.mean())
            tf.summary.histogram("posterior/stddev", q.stddev())
            tf.summary.image("generations", plotting.grid(generations)[None])
            tf.summary.image("reconstructions", plotting.pairs(self.originals, reconstructions)[None])
        self._writer.flush()
