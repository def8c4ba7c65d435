"""mnist and fashion_mnist: the same arrays from every kind of file."""

import numpy as np
import pytest

from tfvae.datasets import DATASETS
from tfvae.datasets.base import Request
from tfvae.errors import UserError

FAMILY = ("mnist", "fashion_mnist")


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files(name, separator, suffix, bare_machine, tmp_path, write_idx, mnist_arrays):
    splits = DATASETS[name](Request(dir=str(write_idx(tmp_path / "idx", separator, suffix))))
    np.testing.assert_array_equal(splits.train.images(range(50))[..., 0], mnist_arrays["x_train"])
    np.testing.assert_array_equal(splits.test.images(range(10))[..., 0], mnist_arrays["x_test"])
    np.testing.assert_array_equal(splits.train.labels, mnist_arrays["y_train"])
    assert len(splits.train.label_names) == 10


@pytest.mark.parametrize(("name", "file"), [("mnist", "mnist.npz"), ("fashion_mnist", "fashion_mnist_30k.npz")])
def test_npz_with_validation(name, file, bare_machine, tmp_path, mnist_arrays):
    np.savez_compressed(tmp_path / file, **mnist_arrays)
    splits = DATASETS[name](Request(dir=str(tmp_path), validation=15))
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == [35, 15, 10]
    assert splits.notes == (
        "50 of the official 60,000 training images",
        "10 of the official 10,000 test images",
    )
    for part in (splits.train, splits.validation):  # labels stay with their images
        for image, label in zip(part.images(range(len(part)))[..., 0], part.labels, strict=True):
            index = next(i for i in range(50) if np.array_equal(mnist_arrays["x_train"][i], image))
            assert label == mnist_arrays["y_train"][index]


def test_resized_to_colour(bare_machine, tmp_path, mnist_arrays):
    np.savez(tmp_path / "mnist.npz", **mnist_arrays)
    images = DATASETS["mnist"](Request(dir=str(tmp_path), image_shape=(32, 32, 3))).train.images([3])
    assert images.shape == (1, 32, 32, 3)
    np.testing.assert_allclose(images.mean(), mnist_arrays["x_train"][3].mean(), atol=2)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda arrays: arrays.pop("y_test"), "mnist.npz has no y_test: expected the arrays x_train, y_train"),
        (lambda arrays: arrays.update(y_train=arrays["y_test"]), r"labels \(10,\): expected uint8 images"),
        (lambda arrays: arrays.update(x_test=arrays["x_test"] / 255), "float64"),
    ],
)
def test_unusable_npz_is_named(spoil, words, bare_machine, tmp_path, mnist_arrays):
    spoil(mnist_arrays)
    np.savez(tmp_path / "mnist.npz", **mnist_arrays)
    with pytest.raises(UserError, match=words):
        DATASETS["mnist"](Request(dir=str(tmp_path)))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\3\4" + bytes(40)])
def test_damaged_npz_is_named(content, bare_machine, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"mnist.npz cannot be read as an .npz file"):
        DATASETS["mnist"](Request(dir=str(tmp_path)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no idx file of unsigned bytes"),
        (b"\0\0\x0d\3" + bytes(12), "begins with 00000d03"),
        (b"\0\0\x08\3" + bytes([0, 0, 0, 1] * 3), r"holds 0 values where its header says \(1, 1, 1\)"),
    ],
)
def test_damaged_idx_is_named(content, words, bare_machine, tmp_path, write_idx):
    path = write_idx(tmp_path / "idx") / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"train-images-idx3-ubyte {words}|train-images.*{words}"):
        DATASETS["mnist"](Request(dir=str(tmp_path / "idx")))


def test_damaged_gzip_is_named(bare_machine, tmp_path, write_idx):
    path = write_idx(tmp_path / "idx", suffix=".gz") / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte.gz cannot be read"):
        DATASETS["mnist"](Request(dir=str(tmp_path / "idx")))


@pytest.mark.parametrize(
    ("name", "sizes", "first_labels", "notes"),
    [
        ("mnist", [55_000, 5_000, 10_000], [7, 2, 1, 0, 4], ()),
        (
            "fashion_mnist",
            [25_000, 5_000, 10_000],
            [9, 2, 1, 1, 6],
            ("30,000 of the official 60,000 training images",),
        ),
    ],
)
def test_real_data(name, sizes, first_labels, notes, real_data):
    splits = DATASETS[name](Request(validation=5000))
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == sizes
    assert splits.test.labels[:5].tolist() == first_labels
    assert splits.notes == notes
