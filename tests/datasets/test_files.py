"""Where data are looked for, and what is said when they are nowhere."""

import numpy as np
import pytest

from tfvae.datasets import DATASETS
from tfvae.datasets.base import Request
from tfvae.errors import UserError


def test_missing_dir_is_an_error_at_once():
    with pytest.raises(UserError, match="'/no/such/folder' does not exist"):
        Request(dir="/no/such/folder")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image_shape": (28, 28)}, r"image_shape is \(28, 28\): expected \(height, width, channels\)"),
        ({"image_shape": (28, 28, 2)}, "1 .grey. or 3 .colour."),
        ({"image_shape": (0, 28, 1)}, "image_shape is"),
        ({"validation": -1}, "got -1 validation images"),
        ({"on_bad_file": "ignore"}, "on_bad_file is 'ignore': expected 'raise' or 'skip'"),
    ],
)
def test_impossible_requests(arguments, words):
    with pytest.raises(UserError, match=words):
        Request(**arguments)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "binarized_mnist", "cifar10", "celeba"])
def test_error_names_every_place(name, bare_machine, tmp_path, monkeypatch):
    for folder in ("given", "shared"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("TFVAE_DATA_DIR", str(tmp_path / "shared"))
    with pytest.raises(UserError) as caught:
        DATASETS[name](Request(dir=str(tmp_path / "given")))
    for words in (
        f"the {name} data were not found",
        f"{tmp_path / 'given'} (data.dir)",
        f"{tmp_path / 'shared'} (TFVAE_DATA_DIR)",
        f"{bare_machine} (the Keras cache)",
        "http",
        "there is no download" if name == "celeba" else "no internet here",
    ):
        assert words in str(caught.value)


def test_places_are_tried_in_order(bare_machine, tmp_path, monkeypatch, mnist_arrays):
    monkeypatch.setenv("TFVAE_DATA_DIR", str(tmp_path / "shared"))
    places = [tmp_path / "given", tmp_path / "shared", bare_machine]
    for number, place in reversed(list(enumerate(places))):
        place.mkdir(parents=True)
        arrays = {**mnist_arrays, "x_test": np.full_like(mnist_arrays["x_test"], number)}
        np.savez(place / "mnist.npz", **arrays)
        request = Request(dir=str(place)) if number == 0 else Request()
        assert DATASETS["mnist"](request).test.images([0]).max() == number


def test_idx_files_in_a_shared_folder_are_nobodys(bare_machine, tmp_path, monkeypatch, write_idx):
    """MNIST and Fashion-MNIST have files of the same names: only an own folder says whose they are."""
    monkeypatch.setenv("TFVAE_DATA_DIR", str(write_idx(tmp_path / "shared")))
    with pytest.raises(UserError, match="the fashion_mnist data were not found"):
        DATASETS["fashion_mnist"](Request())
    write_idx(tmp_path / "shared" / "fashion-mnist")
    assert DATASETS["fashion_mnist"](Request()).train.num_images == 50
