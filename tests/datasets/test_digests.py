"""The digest of a source says which images it holds: all of them, and nothing else."""

import numpy as np
import pytest

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request
from tfvae.datasets.folder import load

NUM_IMAGES = 12


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (NUM_IMAGES, 8, 6, 3), np.uint8)


@pytest.fixture(params=["array", "folder", "stored", "deflated"])
def source_of(request, encode, write_tree):
    """(images (N, 8, 6, 3)) → a source of them, read from files where the kind is not array."""

    def made(images):
        if request.param == "array":
            return ArraySource(images)
        path = write_tree({f"{index:02}.png": encode(image) for index, image in enumerate(images)}, request.param)
        return load(Request(dir=str(path)), test_fraction=0.0).train

    return made


def test_second_read_is_the_same(source_of, images):
    source = source_of(images)
    first = source.subset([5, 2, 7])
    assert first.digest() == first.digest() == source.subset([5, 2, 7]).digest()
    again = source_of(images.copy())
    assert (again.digest(), again.subset([5, 2, 7]).digest()) == (source.digest(), first.digest())
    int(first.digest(), 16)  # in hexadecimal


@pytest.mark.parametrize("pixel", [(0, 0, 0), (7, 5, 2)])
def test_an_image_that_differs(pixel, source_of, images):
    source = source_of(images)
    before = [source.digest(), source.subset([1, 4]).digest(), source.subset([1, 3]).digest()]
    changed = images.copy()
    changed[(4, *pixel)] ^= 1
    source = source_of(changed)
    after = [source.digest(), source.subset([1, 4]).digest(), source.subset([1, 3]).digest()]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_other_images_or_another_order(source_of, images):
    source = source_of(images)
    rows = (range(NUM_IMAGES), [0, 1], [1, 0], [0, 2], [0], [0, 1, 2])
    assert len({source.subset(subset).digest() for subset in rows}) == len(rows)
    assert source.subset(range(NUM_IMAGES)).digest() == source.digest()
    assert source.subset([4, 2]).subset([1]).digest() == source.subset([2]).digest()


def test_last_image_of_many(rng):
    """Images are hashed block by block: none is left out."""
    images = rng.integers(0, 256, (5000, 2, 2), np.uint8)
    digests = []
    for row in (0, 4095, 4096, 4999):
        changed = images.copy()
        changed[row, 1, 1] ^= 1
        digests.append(ArraySource(changed).digest())
    assert len({ArraySource(images).digest(), *digests}) == 5


def test_same_bytes_as_other_images(images):
    """Shape and kind of the pixels are part of what an image is."""
    grey = np.ascontiguousarray(images[..., 0])  # (12, 8, 6)
    bytes_as = (grey, grey.reshape(-1, 6, 8), grey.reshape(-1, 4, 4, 3), grey.reshape(-1, 4, 12).view(np.float32))
    assert len({ArraySource(array).digest() for array in bytes_as}) == len(bytes_as)


def test_same_files_delivered_in_another_shape(encode, write_tree, images):
    path = write_tree({f"{index:02}.png": encode(image) for index, image in enumerate(images)})
    shapes = [(8, 6, 3), (8, 6, 1), (6, 8, 3), (4, 4, 3)]
    sources = [load(Request(dir=str(path), image_shape=shape), test_fraction=0.0).train for shape in shapes]
    assert len({source.digest() for source in sources}) == len(shapes)
