"""How long training waits for its next batch."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

NOTABLE = 0.05  # share of the time, from which a report speaks of it


class InputWait(keras.callbacks.Callback):
    """Adds `input_wait` to the logs of an epoch: the share of its training time that went by waiting for batches.

    The time is taken inside the stream, between a batch's being asked for and its coming: whoever asks, Python or a
    compiled loop of steps, and whatever was read ahead meanwhile counts for nothing. Validation is left out. Stands
    before the callbacks that read the logs.

    Args:
        clock: gives seconds.
        timestamp: gives seconds as a float64 tensor, each time the graph is run.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, timestamp: Callable[[], tf.Tensor] = tf.timestamp
    ) -> None:
        super().__init__()
        self._clock = clock
        self._timestamp = timestamp
        with tf.device("CPU:0"):  # where streams run
            self._waited = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float64, default_value=0.0)

    def measured(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """The same batches, timed. Nothing may be read ahead of what this gives, or that would be what is timed."""

        def note(asked: tf.Tensor, batch: Any, came: tf.Tensor) -> Any:
            key = tf.constant(0, tf.int64)
            insertion = self._waited.insert(key, self._waited.lookup(key) + came - asked)
            with tf.control_dependencies([insertion]):
                return tf.nest.map_structure(tf.identity, batch)

        times = tf.data.Dataset.counter().map(lambda _: self._timestamp())
        options = tf.data.Options()
        options.experimental_optimization.inject_prefetch = False
        options.experimental_optimization.map_parallelization = False  # times would be taken ahead of time
        # Zipped streams are asked in their order, one after the other.
        return tf.data.Dataset.zip((times, batches, times)).map(note).with_options(options)

    @property
    def seconds(self) -> float:
        """Waited so far, by all that was measured."""
        return float(self._waited.lookup(tf.constant(0, tf.int64)))

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Starts the clock."""
        self._before, self._begun = self.seconds, self._clock()
        self._ended = self._begun

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stops it, for this may have been the last batch."""
        self._ended = self._clock()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Adds the share."""
        if logs is not None and self._ended > self._begun:
            logs["input_wait"] = (self.seconds - self._before) / (self._ended - self._begun)


def of_run(rows: Sequence[Mapping[str, float]]) -> float | None:
    """The share over the epochs of a log but the first, which alone may have to decode; None if it was not measured."""
    shares = [row["input_wait"] for row in rows if "input_wait" in row]
    shares = shares[1:] or shares
    return sum(shares) / len(shares) if shares else None


def sentences(report: Mapping[str, Any]) -> list[str]:
    """What a report says of it, where it is worth mending."""
    share = report["training"].get("input_wait")
    if share is None or share < NOTABLE:
        return []
    return [
        f"training waited for images {share:.0%} of its time: decode them once with python -m tfvae.datasets.prepare "
        f"and train on those, or let more of them be kept in memory (--config.data.cache_gib)"
    ]
