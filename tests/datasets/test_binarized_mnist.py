import numpy as np
import pytest

from tfvae.datasets.base import Request
from tfvae.datasets.binarized_mnist import load
from tfvae.errors import UserError


@pytest.fixture
def parts(rng) -> dict[str, np.ndarray]:
    return {name: rng.integers(0, 2, (size, 784), np.uint8) for name, size in [("train", 6), ("valid", 3), ("test", 2)]}


def write_npz(folder, parts):
    np.savez(folder / "binarized_mnist.npz", **parts)


def write_amat(folder, parts):
    for name, rows in parts.items():
        lines = [" ".join(map(str, row)) + " \n" for row in rows.tolist()]
        (folder / f"binarized_mnist_{name}.amat").write_text("".join(lines))


@pytest.mark.parametrize("write", [write_npz, write_amat])
def test_own_splits_as_0_and_255(write, bare_machine, tmp_path, parts):
    write(tmp_path, parts)
    splits = load(Request(dir=str(tmp_path), validation=4))
    for source, name in [(splits.train, "train"), (splits.validation, "valid"), (splits.test, "test")]:
        np.testing.assert_array_equal(
            source.images(range(len(source))), parts[name].reshape(-1, 28, 28, 1) * np.uint8(255)
        )
        assert source.labels is None


@pytest.mark.parametrize("write", [write_npz, write_amat])
@pytest.mark.parametrize("spoil", [lambda rows: rows * 7, lambda rows: rows[:, :-1], lambda rows: rows[:0]])
def test_what_is_not_binary_is_refused(write, spoil, bare_machine, tmp_path, parts):
    write(tmp_path, {**parts, "valid": spoil(parts["valid"])})
    with pytest.raises(UserError, match="does not hold rows of 784 values that are 0 or 1"):
        load(Request(dir=str(tmp_path)))


def test_cannot_be_resized():
    with pytest.raises(UserError, match="use mnist with pixels='binarize'"):
        load(Request(image_shape=(32, 32, 1)))


def test_real_data(real_data):
    splits = load(Request())
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == [50_000, 10_000, 10_000]
    assert set(np.unique(splits.test.images(range(500)))) == {0, 255}
