"""Codes that nothing uses come back to where latents are."""

import numpy as np
import pytest

from tfvae.quantizers import VectorQuantizer

SIZE, AFTER = 3, 4


def make(update="ema", seed_vectors=None, **options):
    quantizer = VectorQuantizer(codes=6, update=update, revive_after=AFTER, **options)
    quantizer.build((None, 2, 2, SIZE))
    vectors = np.zeros((6, SIZE)) if seed_vectors is None else seed_vectors
    vectors[3:] = 1000.0 + np.arange(3)[:, None]  # no latent is near these
    quantizer.codebook.start(vectors)
    return quantizer


def batch(rng):
    return rng.normal(size=(5, 2, 2, SIZE)).astype(np.float32)


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_after_so_many_steps_they_are_latents_of_the_batch(rng, update):
    quantizer = make(update, rng.normal(size=(6, SIZE)))
    for step in range(1, AFTER + 1):
        assert quantizer.vectors().numpy()[3:].min() > 900
        np.testing.assert_array_equal(quantizer.revival.idle[3:], [step - 1] * 3)
        latents = batch(rng)
        quantizer(latents, training=True, seed=1)
    revived = quantizer.vectors().numpy()[3:]
    for vector in revived:
        assert np.abs(latents.reshape(-1, SIZE) - vector).max(axis=1).min() < 1e-4
    np.testing.assert_array_equal(quantizer.revival.idle[3:], [0] * 3)
    used = set(quantizer(latents).codes.numpy().ravel())
    assert used & {3, 4, 5}


def test_codes_in_use_are_left_alone(rng):
    quantizer, twin = make(seed_vectors=rng.normal(size=(6, SIZE))), VectorQuantizer(codes=6, revive_after=0)
    twin.build((None, 2, 2, SIZE))
    twin.codebook.start(quantizer.vectors().numpy())
    for _ in range(AFTER):
        latents = batch(rng)
        codes = quantizer(latents, training=True).codes.numpy()
        twin(latents, training=True)
    alive = np.unique(codes)
    assert len(alive) == 3
    # Smoothing shares ε out over all counts, and these differ.
    np.testing.assert_allclose(quantizer.vectors().numpy()[alive], twin.vectors().numpy()[alive], rtol=1e-4)
    assert twin.vectors().numpy()[3:].min() > 900
    np.testing.assert_array_equal(twin.revival.idle[3:], [AFTER] * 3)


def test_they_go_where_latents_are_far_from_their_codes(rng):
    """Of 1,000 latents, 990 lie at one code to within 10⁻³, and 10 at a distance of 5 from it."""
    quantizer = VectorQuantizer(codes=6, revive_after=1)
    quantizer.build((None, 1, 1, SIZE))
    vectors = np.zeros((6, SIZE))
    vectors[1:] = 1000.0 + np.arange(5)[:, None]
    quantizer.codebook.start(vectors)
    latents = 1e-3 * rng.normal(size=(1000, 1, 1, SIZE))
    latents[::100, 0, 0, 0] += 5
    quantizer(latents.astype(np.float32), training=True, seed=3)
    np.testing.assert_allclose(quantizer.vectors().numpy()[1:, 0], [5] * 5, atol=0.01)


def test_where_every_latent_is_a_code_already_it_is_one_of_them_all_the_same():
    quantizer = VectorQuantizer(codes=4, revive_after=1)
    quantizer.build((None, 1, 1, 2))
    quantizer.codebook.start(np.float32([[0, 0], [2, 4], [70, 70], [80, 80]]))
    quantizer(np.full((8, 1, 1, 2), [2, 4], np.float32), training=True)
    np.testing.assert_allclose(quantizer.vectors().numpy(), [[2, 4]] * 4, rtol=1e-3)


def test_what_they_become_is_a_function_of_seed_and_step(rng):
    vectors, batches = rng.normal(size=(6, SIZE)), [batch(rng) for _ in range(2 * AFTER)]

    def revived(seed, skipped=0):
        quantizer = make(seed_vectors=vectors.copy())
        for _ in range(skipped):
            quantizer(batches[0], training=True, seed=seed)
            quantizer.revival.idle.assign(np.zeros(6))
            quantizer.codebook.start(vectors)
        for latents in batches[:AFTER]:
            quantizer(latents, training=True, seed=seed)
        return quantizer.vectors().numpy()[3:]

    np.testing.assert_array_equal(revived(1), revived(1))
    assert not np.allclose(revived(1), revived(2))
    assert not np.allclose(revived(1), revived(1, skipped=1))
