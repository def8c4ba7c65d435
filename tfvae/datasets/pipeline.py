"""Sources → batches: the only tf.data code.

The order of the images and the noise of their pixels are functions of (seed, epoch, batch) and of nothing else:
a stream begun at epoch e is the tail, bit for bit, of the one begun at 0, so a resumed run is the same run.
"""

import atexit
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Source
from tfvae.errors import UserError, nearest

# Separate the random numbers of one purpose from those of another with the same seed.
_ORDER, _TRAINING_NOISE, _EVALUATION_NOISE = 1, 2, 3

_GRACE = 0.05  # seconds, at the end of the process, for a call of Python that has passed the switch to begin

_MOST_COPIED = 2**28  # bytes of an array that a stream has a copy of, to be read without Python

_running: set[object] = set()  # one token a call; a set's own operations need no lock


def steps_per_epoch(num_images: int, batch_size: int) -> int:
    """Number of batches that visit every image once; the last may be short."""
    return -(-num_images // batch_size)


def training_batches(
    source: Source, batch_size: int, *, seed: int, epoch: int = 0, pixels: str = "unit", labels: bool = False
) -> tf.data.Dataset:
    """An endless stream of epochs, each with every image exactly once, in a new order.

    Args:
        source: the images.
        batch_size: B; the last batch of an epoch has what is left.
        seed: of the order and of the pixel noise.
        epoch: the stream begins at the start of this epoch, as if it had run until there.
        pixels: an entry of `PIXELS`.
        labels: whether the labels of the images come with them.

    Returns:
        Elements x: float32 in [0,1], (B, H, W, C); `steps_per_epoch` of them an epoch. With labels they are (x, y),
        y int32, (B,) or (B, K).

    Raises:
        UserError: there is no such entry, or it does not go with the source's kind of pixels; labels are asked for and
            there are none.
    """
    steps = steps_per_epoch(source.num_images, batch_size)
    read = _labelled_reader(source, pixels) if labels else _reader(source, pixels)

    def batches_of(epoch: tf.Tensor) -> tf.data.Dataset:
        # Not tf.random.experimental.index_shuffle, which needs no memory: its orders for two seeds correlate at
        # 0.8, so images that share a batch in one epoch would often share one in the next.
        indices = tf.range(source.num_images, dtype=tf.int64)
        order = tf.random.experimental.stateless_shuffle(  # pyright: ignore[reportAttributeAccessIssue]
            indices, _seed(seed, _ORDER, epoch)
        )

        def rows_of(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return order[batch * batch_size : (batch + 1) * batch_size], _seed(seed, _TRAINING_NOISE, epoch, batch)

        return tf.data.Dataset.range(steps).map(rows_of)

    return _read_ahead(tf.data.Dataset.counter(epoch).flat_map(batches_of), read)


def evaluation_batches(source: Source, batch_size: int, *, seed: int, pixels: str = "unit") -> tf.data.Dataset:
    """Every image once, in the order of the source; the same pixel noise at every pass.

    Args:
        source: the images.
        batch_size: B; the last batch has what is left.
        seed: of the pixel noise.
        pixels: an entry of `PIXELS`.

    Returns:
        Elements x: float32 in [0,1], (B, H, W, C), of known number.

    Raises:
        UserError: as `training_batches`.
    """

    def rows_of(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        first, last = batch * batch_size, tf.minimum((batch + 1) * batch_size, source.num_images)
        return tf.range(first, last), _seed(seed, _EVALUATION_NOISE, batch)

    steps = steps_per_epoch(source.num_images, batch_size)
    return _read_ahead(tf.data.Dataset.range(steps).map(rows_of), _reader(source, pixels))


@contextmanager
def readable_errors() -> Iterator[None]:
    """Within the block a damaged file met by TensorFlow is the `UserError` that names it."""
    try:
        yield
    except tf.errors.OpError as error:
        found = user_error(error)
        if found is None:
            raise
        raise found from error


def user_error(error: tf.errors.OpError) -> UserError | None:
    """The `UserError` that a source raised inside a stream, such as one naming a damaged file; None if none did."""
    found = re.search(r"UserError: (.*?)\nTraceback", error.message or "", re.DOTALL)
    return UserError(found[1]) if found else None


def _unit(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Values in [0,1], without noise."""
    return tf.cast(images, tf.float32) / 255 if images.dtype == tf.uint8 else images


def _dequantize(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(value + U[0,1)) / 256, in [0,1): uniform dequantisation (Theis et al., arXiv:1511.01844, section 3.1)."""
    # Below 1 - 2^-16, else 255 + noise would be rounded to 256, and the pixel to 1.
    noise = tf.random.stateless_uniform(tf.shape(images), seed, maxval=1 - 2**-16)
    return (tf.cast(images, tf.float32) + noise) / 256


def _binarize(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Bernoulli(value / 255): dynamic binarisation (Burda et al., arXiv:1509.00519, section 5)."""
    return tf.cast(tf.random.stateless_uniform(tf.shape(images), seed) < _unit(images, seed), tf.float32)


PIXELS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "unit": _unit,
    "dequantize": _dequantize,
    "binarize": _binarize,
}
"""What is made of pixels: name → function of images (B, H, W, C), uint8 or float32 in [0,1], and a seed (2,)."""


def _seed(seed: int, purpose: int, *counters: tf.Tensor) -> tf.Tensor:
    """A seed (2,) for one purpose at one place: an epoch, a batch."""
    folded = tf.constant([seed, purpose], tf.int64)
    for counter in counters:
        folded = tf.random.experimental.stateless_fold_in(folded, counter)  # pyright: ignore[reportAttributeAccessIssue]
    return folded


def _reader(source: Source, pixels: str) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Makes (rows (B,), seed (2,)) → x (B, H, W, C)."""
    if pixels not in PIXELS:
        raise UserError(f"there is no treatment of pixels {pixels!r}: {nearest(pixels, PIXELS)}")
    if pixels == "dequantize" and source.dtype != np.uint8:
        raise UserError(
            f"pixels='dequantize' adds noise within the 256 levels of 8-bit images, but these are {source.dtype}: "
            "use pixels='unit', or give 8-bit images"
        )
    treat, take = PIXELS[pixels], _taker(source)

    def read(rows: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return treat(tf.ensure_shape(take(rows), (None, *source.image_shape)), seed)

    return read


def _taker(source: Source) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes rows (B,) → images (B, H, W, C) as they are in the source: by TensorFlow alone where they lie in memory."""
    held = source.in_memory() if isinstance(source, ArraySource) else None
    if held is None or held[0].nbytes > _MOST_COPIED:
        return lambda rows: _numpy_call(source.images, rows, tf.as_dtype(source.dtype))
    with tf.device("CPU:0"):  # where streams run
        images, chosen = tf.constant(held[0]), tf.constant(held[1])
    return lambda rows: tf.gather(images, tf.gather(chosen, rows))


def _labelled_reader(source: Source, pixels: str) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Makes (rows (B,), seed (2,)) → x (B, H, W, C) and y (B, …)."""
    if source.labels is None:
        raise UserError("labels were asked for of images that have none: give images with labels, or ask for none")
    images = _reader(source, pixels)
    with tf.device("CPU:0"):  # where streams run
        known = tf.constant(source.labels, tf.int32)

    def read(rows: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return images(rows, seed), tf.gather(known, rows)

    return read


def _read_ahead(rows: tf.data.Dataset, read: Callable[[tf.Tensor, tf.Tensor], Any]) -> tf.data.Dataset:
    """Reads several batches at once, in threads of TensorFlow's, and gives them in order.

    As many as there are processors, and as many again stand ready. AUTOTUNE takes more, and gains nothing: threads that
    decode wait for Python in turns, and dozens of batches that nobody has asked for yet take memory.
    """
    at_once = _processors()
    options = tf.data.Options()
    options.deterministic = True
    options.autotune.enabled = False
    # Threads of their own: calls of Python would else fill those that the operations of a training step wait for. And
    # two more than such calls, for what is small.
    options.threading.private_threadpool_size = at_once + 2
    batches = rows.map(read, num_parallel_calls=at_once, deterministic=True)
    return batches.prefetch(2 * at_once).with_options(options)


def _processors() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _numpy_call(function: Callable[[np.ndarray], np.ndarray], argument: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """`tf.numpy_function` of one argument and one result, an empty vector once the interpreter begins to end.

    An iterator that is alive then (a failed or interrupted script leaves one in the traceback) still reads ahead.
    Its threads would wait for Python for ever, and the process for them. So they first read a switch, for which they
    need no Python, and which is turned off while Python can still answer.
    """

    def tracked(argument: np.ndarray) -> np.ndarray:
        token = object()
        _running.add(token)
        try:
            return function(argument)
        finally:
            _running.discard(token)

    return tf.cond(
        _switch().lookup(tf.constant("on")),
        lambda: tf.numpy_function(tracked, [argument], dtype),
        lambda: tf.zeros([0], dtype),
    )


@cache
def _switch() -> tf.lookup.experimental.MutableHashTable:
    # A table, not a variable: a distribution strategy would mirror that, and a stream cannot read one on a GPU.
    with tf.init_scope(), tf.device("CPU:0"):
        switch = tf.lookup.experimental.MutableHashTable(tf.string, tf.bool, default_value=True)
    atexit.register(_turn_off, switch)
    return switch


def _turn_off(switch: tf.lookup.experimental.MutableHashTable) -> None:
    switch.insert(tf.constant("on"), tf.constant(False))
    time.sleep(_GRACE)
    while _running:
        time.sleep(0.01)
