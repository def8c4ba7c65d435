"""Our side of inference: a SavedModel, and calls of its signatures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.batches import made_up
from benchmarks.ours import built
from tfvae import quiet


def export(flags: Sequence[str], folder: str) -> str:
    """Exports the model of a command line of `vae.py`, with its first weights; the path of the SavedModel."""
    model = built(flags)
    from tfvae import export

    return str(export.export(model, Path(folder)))


class Calls:
    """Work for a worker: a unit is a call with one batch.

    Args:
        path: of the SavedModel.
        verb: a signature with one argument.
        batch_size: rows a call.
    """

    def __init__(self, path: str, verb: str, batch_size: int) -> None:
        quiet.import_tensorflow()
        import tensorflow as tf

        self._loaded = tf.saved_model.load(path)  # kept, for its variables are
        self._function, self._batch_size = self._loaded.signatures[verb], batch_size
        ((name, spec),) = self._function.structured_input_signature[1].items()
        shape = spec.shape[1:]
        images = made_up((shape[0], shape[1], shape[2]), batch_size)[0] if len(shape) == 3 else None
        latents = np.random.default_rng(0).normal(size=(batch_size, *shape))
        self._arguments = {name: tf.constant(latents if images is None else images, tf.float32)}

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        for _ in range(amount):
            self._function(**self._arguments)  # has been computed when it returns
        return amount * self._batch_size
