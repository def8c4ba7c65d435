"""Finite scalar quantisation: codes and vectors are the same thing twice, and every level can be reached."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantizers import FiniteScalarQuantizer


def make(*levels):
    quantizer = FiniteScalarQuantizer(levels=levels)
    quantizer.build((None, 2, 3, len(levels)))
    return quantizer


@pytest.mark.parametrize("levels", [(8, 5, 5, 5), (3, 4), (7,)])
def test_codes_and_vectors_are_a_bijection(levels):
    quantizer = make(*levels)
    assert quantizer.num_codes == np.prod(levels)
    codes = np.arange(quantizer.num_codes, dtype=np.int32)
    vectors = quantizer.lookup(codes).numpy()
    assert len(np.unique(vectors, axis=0)) == quantizer.num_codes
    for axis, count in enumerate(levels):
        half = count // 2  # of an even number of levels one more is below zero
        np.testing.assert_allclose(np.unique(vectors[:, axis]), (np.arange(count) - half) / half, atol=1e-6)
    # Latents that are squashed onto a vector have its code.
    span = (np.array(levels) - 1) * 1.001 / 2
    offset = 0.5 * (np.array(levels) % 2 == 0)
    latents = np.arctanh((vectors * (np.array(levels) // 2) + offset) / span) - np.arctanh(offset / span)
    found = quantizer(latents[:, None, None].astype(np.float32))
    np.testing.assert_array_equal(found.codes[:, 0, 0], codes)
    np.testing.assert_array_equal(found.latents[:, 0, 0], vectors)


@pytest.mark.parametrize("levels", [(8, 5, 5, 5), (4, 3)])
def test_every_level_is_reached_and_none_beyond(rng, levels):
    quantizer = make(*levels)
    latents = (rng.normal(size=(4000, 1, 1, len(levels))) * 100).astype(np.float32)
    near = (rng.normal(size=latents.shape)).astype(np.float32)
    codes = np.concatenate([quantizer(part).codes.numpy().ravel() for part in (latents, near)])
    assert codes.min() >= 0
    assert codes.max() < quantizer.num_codes
    assert {0, quantizer.num_codes - 1} <= set(codes)


def test_zero_is_a_level_of_its_own():
    np.testing.assert_array_equal(make(8, 5, 3)(np.zeros((1, 2, 3, 3), np.float32)).latents, np.zeros((1, 2, 3, 3)))


def test_gradient_is_that_of_the_squashing(rng):
    levels = np.array((8, 5))
    quantizer, latents = make(*levels), rng.normal(size=(2, 2, 3, 2)).astype(np.float32)
    value = tf.constant(latents)
    with tf.GradientTape() as tape:
        tape.watch(value)
        found = quantizer(value, training=True)
    span, offset = (levels - 1) * 1.001 / 2, 0.5 * (levels % 2 == 0)
    shift = np.arctanh(offset / span)
    expected = span / (levels // 2) / np.cosh(latents.astype(np.float64) + shift) ** 2
    np.testing.assert_allclose(tape.gradient(found.latents, value), expected, rtol=1e-4)
    assert not np.any(found.loss)


def test_it_begins_with_standardised_latents(rng):
    quantizer = make(5, 5)
    small = (1e-3 * rng.normal(size=(500, 2)) + 7.0).astype(np.float32)
    as_map = small[:, None, None]
    assert len(np.unique(quantizer(as_map).codes)) == 1
    quantizer.adapt(small, seed=0)
    shares = np.bincount(quantizer(as_map).codes.numpy().ravel(), minlength=25) / 500
    assert (shares > 0).all()
    assert shares.max() < 0.25


def test_latents_that_are_all_the_same_are_not_divided_by_zero():
    quantizer = make(5, 5)
    quantizer.adapt(np.ones((10, 2), np.float32), seed=0)
    assert np.isfinite(quantizer(np.ones((1, 1, 1, 2), np.float32)).latents).all()


@pytest.mark.parametrize(
    ("levels", "words"),
    [((), "from 3 to 16,777,216 codes"), ((2, 5), "from 3 to 256"), ((256,) * 4, "16,777,216 codes in all")],
)
def test_levels_that_cannot_be(levels, words):
    with pytest.raises(ValueError, match=words):
        FiniteScalarQuantizer(levels=levels)


def test_as_many_levels_as_numbers():
    with pytest.raises(ValueError, match="latents of 2 numbers, and the latents have 3"):
        FiniteScalarQuantizer(levels=(5, 5)).build((None, 2, 2, 3))
