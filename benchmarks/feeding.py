"""Our side of the input suite: batches as `fit` takes them, and the decoder alone."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tfvae import quiet
from tfvae.datasets import DATASETS
from tfvae.datasets.base import Request

THREADS = 2


class Batches:
    """Batches of float32 in [0, 1] in the consumer's hands; a unit is a batch.

    Args:
        dataset: by its name.
        folder: of its files.
        batch_size: images a batch.
        size: height and width.
        in_memory: whether images are kept when they have been decoded; all are then, before the first turn.
    """

    def __init__(self, dataset: str, folder: str, batch_size: int, size: int, in_memory: bool = False) -> None:
        quiet.import_tensorflow()
        from tfvae.datasets import pipeline
        from tfvae.datasets.cached_source import CachedSource

        source = DATASETS[dataset](Request(dir=folder, image_shape=(size, size, 3))).train
        self._images = source.num_images
        if in_memory:
            source = CachedSource.over(source)
            source.images(range(source.num_images))
        self._batches = iter(pipeline.training_batches(source, batch_size, seed=0))

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        return sum(int(batch.shape[0]) for batch in itertools.islice(self._batches, amount))


class Decoder:
    """A decoder alone, without crop and without resizing, from bytes in memory in two threads; a unit is an image.

    Args:
        folder: of JPEG files.
        name: an entry of `DECODERS`.
    """

    def __init__(self, folder: str, name: str) -> None:
        self._decode = DECODERS[name]()
        self._files = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))[:2000]]

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(self._some, (range(first, amount, THREADS) for first in range(THREADS))))

    def _some(self, numbers: range) -> int:
        for number in numbers:
            self._decode(self._files[number % len(self._files)])
        return len(numbers)


def _pillow() -> Callable[[bytes], None]:
    import io

    from PIL import Image

    def decode(data: bytes) -> None:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            image.load()

    return decode


def _tensorflow() -> Callable[[bytes], Any]:
    quiet.import_tensorflow()
    import tensorflow as tf

    return lambda data: tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")


DECODERS = {"Pillow": _pillow, "TensorFlow": _tensorflow}
