"""Images read once and kept: the same as without, and no second read."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.cached_source import CachedSource, keep
from tfvae.datasets.folder import load


class Counting(ArraySource):
    """Counts how often each image is read."""

    reads = ()

    def images(self, indices):
        self.reads = [*self.reads, *np.asarray(indices).tolist()]
        return super().images(indices)


@pytest.fixture
def source(rng):
    return Counting(rng.integers(0, 256, (30, 5, 4, 3), np.uint8), np.arange(30), ("a",))


def test_same_images_read_once(source):
    cached = CachedSource.over(source)
    for rows in ([3, 1, 4], [1, 5, 9], [3, 3, 29], range(30)):
        np.testing.assert_array_equal(cached.images(rows), ArraySource.images(source, rows))
    assert sorted(source.reads) == list(range(30))
    assert (cached.digest(), cached.image_shape, cached.dtype) == (source.digest(), source.image_shape, np.uint8)
    assert cached.label_names == ("a",)


def test_what_is_given_can_be_changed(source):
    """Whoever gets images owns them."""
    cached = CachedSource.over(source)
    cached.images([2])[:] = 0
    np.testing.assert_array_equal(cached.images([2]), ArraySource.images(source, [2]))


def test_subsets_share_what_was_read(source):
    cached = CachedSource.over(source)
    cached.images(range(30))
    part = cached.subset([8, 2, 5])
    np.testing.assert_array_equal(part.images([2, 0]), ArraySource.images(source, [5, 8]))
    assert part.labels.tolist() == [8, 2, 5]
    assert len(source.reads) == 30
    assert part.digest() == source.subset([8, 2, 5]).digest()


def test_a_failed_read_is_not_kept(source, monkeypatch):
    cached = CachedSource.over(source)

    def fail(indices):
        raise ValueError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr(source, "images", fail)
        with pytest.raises(ValueError, match="damaged"):
            cached.images([7])
    np.testing.assert_array_equal(cached.images([7]), ArraySource.images(source, [7]))


def test_threads_that_meet(source):
    """All of them ask for the same before any has it."""
    cached, together = CachedSource.over(source), threading.Barrier(4, timeout=30)
    read = source.images

    def slow(indices):
        together.wait()
        return read(indices)

    source.images = slow
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(cached.images, [range(30)] * 4))
    for images in found:
        np.testing.assert_array_equal(images, ArraySource.images(source, range(30)))


@pytest.fixture
def files(encode, write_tree, rng):
    """Of 64 bytes an image: 10 for training, 4 for validation, 3 for the test."""
    tree = {}
    for split, count in (("train", 10), ("valid", 4), ("test", 3)):
        tree |= {f"{split}/{n}.png": encode(rng.integers(0, 256, (8, 8), np.uint8)) for n in range(count)}
    return load(Request(dir=str(write_tree(tree))))


@pytest.mark.parametrize(
    ("limit", "kept", "note"),
    [
        (0, [], None),
        (639, ["validation"], "validation images (0 MiB)"),
        (640, ["train"], "training images (0 MiB)"),
        (640 + 256, ["train", "validation"], "training and validation images (0 MiB)"),
        (10**9, ["train", "validation"], "training and validation images (0 MiB)"),
    ],
)
def test_what_fits_is_kept(limit, kept, note, files):
    found = keep(files, limit)
    parts = {"train": found.train, "validation": found.validation, "test": found.test}
    assert [name for name, source in parts.items() if isinstance(source, CachedSource)] == kept
    assert found.notes[len(files.notes) :] == ((f"kept in memory once decoded: {note}",) if note else ())
    for name, source in parts.items():
        rows = range(source.num_images)
        np.testing.assert_array_equal(source.images(rows), getattr(files, name).images(rows))


def test_arrays_are_in_memory_already(source):
    found = Splits(source, None, None)
    assert keep(found, 10**9) is found
