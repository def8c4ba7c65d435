"""Images read once and kept: the same as without, and no second read."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.cached_source import CachedSource


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
