"""What holds for every data set: disjoint and repeatable splits, random access, no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tfvae.datasets import DATASETS
from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.preparing import prepare
from tfvae.datasets.splitting import cut
from tfvae.errors import UserError


@pytest.fixture(params=sorted(DATASETS))
def request_of(request, tmp_path, rng, encode, write_tree, mnist_arrays, cifar10_files, bare_machine):
    """(name of a data set, a request for a small version of it)."""
    name = request.param
    images = rng.integers(0, 256, (30, 12, 10, 3), np.uint8)
    if name in ("mnist", "fashion_mnist"):
        np.savez(tmp_path / f"{name}.npz", **mnist_arrays)
    elif name == "binarized_mnist":
        parts = {part: rng.integers(0, 2, (9, 784), np.uint8) for part in ("train", "valid", "test")}
        np.savez(tmp_path / "binarized_mnist.npz", **parts)
    elif name == "cifar10":
        return name, {"dir": str(write_tree(cifar10_files))}
    elif name == "celeba":
        names = [f"{i:06}.jpg" for i in range(1, 31)]
        images = [np.asarray(Image.fromarray(image).resize((178, 218))) for image in images]
        write_tree({f"img_align_celeba/{n}": encode(i, "JPEG") for n, i in zip(names, images, strict=True)})
        (tmp_path / "tree" / "list_eval_partition.txt").write_text("".join(f"{n} {int(n[4:6]) % 3}\n" for n in names))
        return name, {"dir": str(tmp_path / "tree")}
    elif name == "folder":
        return name, {"dir": str(write_tree({f"{i:02}.png": encode(image) for i, image in enumerate(images)}))}
    elif name == "arrays":
        np.savez(tmp_path / "a.npz", images=images)
    elif name == "prepared":
        whole = ArraySource(images)
        found = Splits(whole.subset(range(20)), None, whole.subset(range(20, 30)))
        prepare(tmp_path / "prepared", found, {"dataset": "made up", "options": {}}, iter)
        return name, {"dir": str(tmp_path / "prepared")}
    return name, {"dir": str(tmp_path)}


def contents(splits: Splits) -> list[list[bytes]]:
    parts = (splits.train, splits.validation, splits.test)
    return [[image.tobytes() for image in part.images(range(len(part)))] for part in parts]


def test_splits_are_disjoint_and_do_not_change_with_the_seed(request_of):
    name, arguments = request_of
    parts = contents(DATASETS[name](Request(validation=4, seed=0, **arguments)))
    assert all(parts)
    together = [image for part in parts for image in part]
    assert len(set(together)) == len(together)
    assert contents(DATASETS[name](Request(validation=4, seed=1, **arguments))) == parts


def test_test_split_does_not_change_with_the_validation_split(request_of):
    name, arguments = request_of
    tests = [DATASETS[name](Request(validation=size, **arguments)).test for size in (0, 4)]
    np.testing.assert_array_equal(*(test.images(range(len(test))) for test in tests))


def test_random_access(request_of):
    name, arguments = request_of
    source = DATASETS[name](Request(**arguments)).train
    every = source.images(range(len(source)))
    assert every.shape == (source.num_images, *source.image_shape)
    assert every.dtype == source.dtype
    np.testing.assert_array_equal(source.images([3, 0, 3]), every[[3, 0, 3]])
    np.testing.assert_array_equal(source.subset([4, 1]).subset([1]).images([0]), every[[1]])
    assert source.images([]).shape == (0, *source.image_shape)


def test_options_are_readable_without_import():
    assert DATASETS.parameters("celeba") == {"crop": "Literal['closecrop', 'resizecrop', 'squarecrop', 'squeeze']"}
    assert DATASETS.parameters("folder") == DATASETS.parameters("arrays") == {"test_fraction": "float"}
    assert DATASETS.parameters("digits") == {}


def numbered(size: int) -> ArraySource:
    return ArraySource(np.arange(size, dtype=np.uint8).reshape(size, 1, 1))


def test_cut_is_pinned():
    """The very images: a change would make published numbers incomparable."""
    _, part = cut(numbered(20), 5, "test")
    assert part.images(range(5)).ravel().tolist() == [1, 3, 5, 8, 17]


def test_smaller_cut_is_part_of_the_larger():
    cuts = [set(cut(numbered(100), size, "test")[1].images(range(size)).ravel()) for size in (10, 30)]
    assert cuts[0] < cuts[1]


def test_cut_leaves_something():
    with pytest.raises(UserError, match="cannot cut 20 validation images from 20: none would be left"):
        cut(numbered(20), 20, "validation")


def test_digits():
    splits = DATASETS["digits"](Request(validation=200))
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == [1300, 200, 297]
    assert splits.train.image_shape == (28, 28, 1)
    images = splits.train.images(range(1300))
    assert (images.min(), images.max()) == (0, 255)
    assert DATASETS["digits"](Request(image_shape=(16, 16, 3))).train.image_shape == (16, 16, 3)
    own = DATASETS["digits"](Request(image_shape=(8, 8, 1))).train.images(range(1500))
    assert len(np.unique(own)) == 17  # the seventeen grey levels as they are


def test_no_tensorflow():
    code = (
        "import sys, tfvae.datasets as d; from tfvae.datasets.base import Request; [d.DATASETS[n] for n in d.DATASETS];"
        "d.DATASETS['digits'](Request()); print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
