"""Resizing by matrix products against Pillow's own."""

import numpy as np
import pytest
from PIL import Image

from tfvae.datasets.resampling import BILINEAR, LANCZOS, Resampler, weights

KINDS = [(LANCZOS, Image.Resampling.LANCZOS), (BILINEAR, Image.Resampling.BILINEAR)]


def resized(images, height, width, kind):
    return Resampler(weights(images.shape[1], height, kind), weights(images.shape[2], width, kind), images.shape[3])(
        images
    )


@pytest.mark.parametrize("kind", KINDS, ids=["lanczos", "bilinear"])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (16, 9), (140, 100), (1, 3), (150, 205)])
def test_noise_within_one_level_of_pillow(kind, height, width, rng):
    images = rng.integers(0, 256, (3, 140, 101, 3), np.uint8)
    ours, theirs = kind
    expected = [
        np.asarray(Image.fromarray(i).resize((width, 140), theirs).resize((width, height), theirs)) for i in images
    ]
    found = resized(images, height, width, ours)
    assert found.shape == (3, height, width, 3)
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert np.mean(found != expected) < 0.06


@pytest.mark.parametrize("kind", KINDS, ids=["lanczos", "bilinear"])
def test_sharp_edges_are_cut_off_between_the_passes(kind):
    """Overshoot of Lanczos beyond 0 and 255, in both directions at once."""
    image = np.zeros((60, 60), np.uint8)
    image[20:43, 11:33] = 255
    ours, theirs = kind
    expected = np.asarray(Image.fromarray(image).resize((28, 60), theirs).resize((28, 28), theirs), int)
    assert np.abs(resized(image[None, ..., None], 28, 28, ours)[0, ..., 0] - expected).max() <= 1


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_flat_stays_flat(level):
    images = np.full((1, 50, 40, 1), level, np.uint8)
    assert np.unique(resized(images, 23, 31, LANCZOS)).tolist() == [level]


@pytest.mark.parametrize("sizes", [(140, 64), (218, 78), (178, 64), (8, 64), (5, 5)])
@pytest.mark.parametrize("kind", [LANCZOS, BILINEAR])
def test_every_sum_is_exact(sizes, kind):
    """Multiples of 2^-15 whose absolute values leave room: float32 adds them up in any order without error."""
    found = weights(*sizes, kind).astype(np.float64)
    assert np.all(found * 2**15 == np.rint(found * 2**15))
    assert 255 * np.abs(found).sum(1).max() + 1 < 2**9
    np.testing.assert_array_equal(found.sum(1), 1)


def test_same_pixels_in_any_company(rng):
    images = rng.integers(0, 256, (9, 70, 50, 3), np.uint8)
    resample = Resampler(weights(70, 32, LANCZOS), weights(50, 32, LANCZOS), 3)
    together = resample(images)
    for image, expected in zip(images, together, strict=True):
        np.testing.assert_array_equal(resample(image[None])[0], expected)
