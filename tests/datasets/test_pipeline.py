"""The stream: every image once an epoch, resumable bit for bit, with the right pixels."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request
from tfvae.datasets.folder import load
from tfvae.datasets.pipeline import (
    PIXELS,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
    user_error,
)
from tfvae.errors import UserError


@pytest.fixture
def numbered() -> ArraySource:
    """25 images of one pixel each, whose value is their number."""
    return ArraySource(np.arange(25, dtype=np.uint8).reshape(25, 1, 1, 1))


@pytest.fixture
def noisy() -> ArraySource:
    return ArraySource(np.full((20, 8, 8, 1), 51, np.uint8))


def take(dataset: tf.data.Dataset, num_batches: int) -> list[np.ndarray]:
    return list(itertools.islice(dataset.as_numpy_iterator(), num_batches))


def numbers(batches: list[np.ndarray]) -> list[int]:
    return np.rint(np.concatenate(batches).ravel() * 255).astype(int).tolist()


@pytest.mark.parametrize(
    ("num_images", "batch_size", "steps"), [(25, 10, 3), (20, 10, 2), (1, 10, 1), (55_000, 128, 430)]
)
def test_steps_per_epoch(num_images, batch_size, steps):
    assert steps_per_epoch(num_images, batch_size) == steps


@pytest.mark.parametrize("batch_size", [1, 10, 25, 40])
def test_every_image_exactly_once_an_epoch(numbered, batch_size):
    steps = steps_per_epoch(25, batch_size)
    stream = take(training_batches(numbered, batch_size, seed=0), 3 * steps)
    for epoch in range(3):
        batches = stream[epoch * steps : (epoch + 1) * steps]
        assert sorted(numbers(batches)) == list(range(25))
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (steps - 1)


def test_order_is_new_every_epoch_and_every_seed(numbered):
    epochs = [numbers(take(training_batches(numbered, 25, seed=s, epoch=e), 1)) for s in (0, 1) for e in (0, 1)]
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_orders_of_successive_epochs_are_independent():
    pixels = np.arange(2000, dtype=np.float32).reshape(-1, 1, 1) / 2000
    orders = np.stack(take(training_batches(ArraySource(pixels), 2000, seed=3), 5)).reshape(5, 2000)
    off_diagonal = np.corrcoef(orders)[~np.eye(5, dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.1  # 4.5 standard errors; index_shuffle has 0.8


@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize("epoch", [1, 3])
def test_stream_begun_later_is_the_tail(noisy, pixels, epoch):
    whole = take(training_batches(noisy, 8, seed=5, pixels=pixels), 3 * (epoch + 2))
    tail = take(training_batches(noisy, 8, seed=5, epoch=epoch, pixels=pixels), 6)
    for expected, received in zip(whole[3 * epoch :], tail, strict=True):
        np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("pixels", ["dequantize", "binarize"])
def test_noise_is_new_every_batch_epoch_and_seed(noisy, pixels):
    batches = take(training_batches(noisy, 10, seed=0, pixels=pixels), 4)
    batches += take(training_batches(noisy, 10, seed=1, pixels=pixels), 2)
    batches += take(evaluation_batches(noisy, 10, seed=0, pixels=pixels), 2)
    for one, other in itertools.combinations(batches, 2):
        assert not np.array_equal(one, other)


def test_unit_is_value_over_255(numbered):
    (batch,) = take(evaluation_batches(numbered, 25, seed=0), 1)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch.ravel(), np.arange(25) / 255, rtol=1e-6)


def test_unit_passes_floats_through(rng):
    images = rng.random((6, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(np.concatenate(take(evaluation_batches(ArraySource(images), 4, seed=0), 2)), images)


def test_dequantized_values_stay_in_their_level_and_below_one():
    source = ArraySource(np.full((100, 100, 100, 1), 255, np.uint8))  # a million of the worst value
    (batch,) = take(evaluation_batches(source, 100, seed=0, pixels="dequantize"), 1)
    assert batch.min() >= 255 / 256
    assert batch.max() < 1
    np.testing.assert_allclose(batch.mean(), 255.5 / 256, atol=1e-5)


def test_binarised_frequency_is_the_pixel():
    levels = np.array([0, 51, 128, 255], np.uint8)
    source = ArraySource(np.broadcast_to(levels, (4000, 1, 4)))
    (batch,) = take(evaluation_batches(source, 4000, seed=0, pixels="binarize"), 1)
    assert set(np.unique(batch)) == {0, 1}
    np.testing.assert_allclose(batch.mean((0, 1, 3)), levels / 255, atol=0.03)  # 3.8 standard errors


def test_evaluation_is_in_order_finite_and_repeatable(numbered):
    dataset = evaluation_batches(numbered, 10, seed=0, pixels="dequantize")
    first, second = list(dataset.as_numpy_iterator()), list(dataset.as_numpy_iterator())
    assert dataset.cardinality() == len(first) == 3
    assert np.floor(np.concatenate(first).ravel() * 256).astype(int).tolist() == list(range(25))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_element_spec(numbered):
    spec = training_batches(numbered, 10, seed=0).element_spec
    assert (spec.shape.as_list(), spec.dtype) == ([None, 1, 1, 1], tf.float32)


def test_labels_stay_with_their_images_and_change_no_order(rng):
    values = rng.permutation(25).astype(np.uint8)
    source = ArraySource(values.reshape(25, 1, 1, 1), labels=values.astype(np.int64))
    plain = take(training_batches(source, 10, seed=4, epoch=2), 6)
    for pixels in ("unit", "binarize"):
        options = {"seed": 4, "epoch": 2, "pixels": pixels}
        alone = take(training_batches(source, 10, **options), 6)
        labelled = take(training_batches(source, 10, labels=True, **options), 6)
        for expected, images, (found, labels) in zip(plain, alone, labelled, strict=True):
            np.testing.assert_array_equal(found, images)
            assert labels.dtype == np.int32
            assert labels.tolist() == numbers([expected])


def test_labelled_stream_begun_later_is_the_tail(rng):
    source = ArraySource(rng.integers(0, 256, (20, 4, 4, 1), np.uint8), labels=np.arange(20))
    whole = take(training_batches(source, 8, seed=5, pixels="dequantize", labels=True), 9)
    tail = take(training_batches(source, 8, seed=5, epoch=1, pixels="dequantize", labels=True), 6)
    for expected, received in zip(whole[3:], tail, strict=True):
        for one, other in zip(expected, received, strict=True):
            np.testing.assert_array_equal(one, other)


def test_labels_of_images_that_have_none(numbered):
    with pytest.raises(UserError, match="labels were asked for of images that have none"):
        training_batches(numbered, 10, seed=0, labels=True)


def test_unknown_pixels(numbered):
    with pytest.raises(UserError, match="no treatment of pixels 'binarise': did you mean 'binarize'"):
        training_batches(numbered, 10, seed=0, pixels="binarise")


def test_floats_cannot_be_dequantized():
    with pytest.raises(UserError, match=r"256 levels of 8-bit images, but these are float32"):
        training_batches(ArraySource(np.zeros((2, 4, 4), np.float32)), 2, seed=0, pixels="dequantize")


@pytest.mark.parametrize("kind", ["folder", "stored"])
def test_damaged_file_is_named_in_the_stream(rng, encode, write_tree, kind):
    files = {f"{i}.png": encode(rng.integers(0, 256, (8, 8), np.uint8)) for i in range(9)}
    files["7.png"] = files["7.png"][:40]
    source = load(Request(dir=str(write_tree(files, kind))), test_fraction=0.0).train
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"7\.png cannot be read as an image") as caught:
        take(training_batches(source, 4, seed=0), 3)
    error = user_error(caught.value)
    assert isinstance(error, UserError)
    assert str(error).endswith("set on_bad_file to 'skip' to leave such files out")


def test_other_errors_are_not_mistaken():
    assert user_error(tf.errors.InternalError(None, None, "out of luck")) is None


def test_pictures_equal_training_pixels(rng, encode, write_tree):
    files = {f"{i}.jpg": encode(rng.integers(0, 256, (20, 30, 3), np.uint8), "JPEG") for i in range(6)}
    source = load(Request(dir=str(write_tree(files)), image_shape=(8, 8, 3)), test_fraction=0.0).train
    streamed = np.concatenate(take(evaluation_batches(source, 4, seed=0), 2))
    np.testing.assert_array_equal(np.rint(streamed * 255), source.images(range(6)))


def test_arrays_are_read_alike_with_python_and_without(rng, monkeypatch):
    """Small ones are copied into the stream; the pixels, their order and their noise are those of the others."""
    source = ArraySource(rng.integers(0, 256, (23, 4, 4, 3), np.uint8), np.arange(23)).subset(rng.permutation(23)[:19])
    options = {"seed": 6, "epoch": 1, "pixels": "dequantize"}
    inside = take(training_batches(source, 8, **options), 6) + list(evaluation_batches(source, 8, seed=1))
    read = []

    def images(indices):
        read.append(indices)
        return ArraySource.images(source, indices)

    monkeypatch.setattr(source, "images", images)
    take(training_batches(source, 8, **options), 1)
    assert not read
    monkeypatch.setattr("tfvae.datasets.pipeline._MOST_COPIED", 0)
    outside = take(training_batches(source, 8, **options), 6) + list(evaluation_batches(source, 8, seed=1))
    assert read
    for one, other in zip(inside, outside, strict=True):
        np.testing.assert_array_equal(one, other)
