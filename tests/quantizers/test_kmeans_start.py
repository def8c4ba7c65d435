"""Where a codebook begins."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from tfvae.quantizers import VectorQuantizer, kmeans


@pytest.fixture
def latents(rng):
    middles = rng.normal(size=(12, 3)) * 10
    return (middles[rng.integers(12, size=600)] + rng.normal(size=(600, 3))).astype(np.float32)


def test_it_finds_clusters_as_scikit_learn_does_and_their_means(latents):
    found = kmeans.centres(latents, 12, seed=3)
    expected = KMeans(12, n_init=10, random_state=0).fit(latents)
    distances = np.square(latents[:, None] - found[None]).sum(-1)
    assert distances.min(axis=1).sum() <= 1.5 * expected.inertia_
    best = kmeans.centres(latents, 1, seed=3)
    np.testing.assert_allclose(best[0], latents.mean(axis=0), rtol=1e-4)
    nearest = distances.argmin(axis=1)
    for code in range(12):  # a fixed point of Lloyd's steps
        np.testing.assert_allclose(found[code], latents[nearest == code].mean(axis=0), rtol=1e-3, atol=1e-3)


def test_the_quantiser_begins_there(latents):
    quantizer = VectorQuantizer(codes=12)
    quantizer.build((None, 1, 1, 3))
    assert quantizer.wanted_latents == 12 * 32
    quantizer.adapt(latents, seed=3)
    chosen = latents[np.random.default_rng(3).permutation(len(latents))[: 12 * 32]]
    order = np.unique(chosen, axis=0)
    expected = KMeans(12, n_init=1, max_iter=20, random_state=3).fit(order).cluster_centers_
    np.testing.assert_allclose(quantizer.vectors(), expected, rtol=1e-4, atol=1e-4)


def test_cosine_codes_begin_on_the_sphere(latents):
    quantizer = VectorQuantizer(codes=5, distance="cosine")
    quantizer.build((None, 1, 1, 3))
    quantizer.adapt(latents, seed=0)
    vectors = quantizer.vectors().numpy()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    unit = latents / np.linalg.norm(latents, axis=1, keepdims=True)
    assert (unit @ vectors.T).max(axis=1).mean() > 0.8


def test_a_random_start_asks_for_nothing():
    assert VectorQuantizer(codes=5, start="random").wanted_latents == 0


def test_the_same_on_any_number_of_threads(latents):
    with threadpool_limits(2):
        several = kmeans.centres(latents, 12, seed=1)
    with threadpool_limits(1):
        np.testing.assert_array_equal(kmeans.centres(latents, 12, seed=1), several)


def test_fewer_different_latents_than_codes_are_all_codes(rng):
    few = rng.normal(size=(3, 2)).astype(np.float32)
    found = kmeans.centres(few[rng.integers(3, size=100)], 8, seed=0)
    assert found.shape == (8, 2)
    np.testing.assert_array_equal(np.unique(found, axis=0), np.unique(few, axis=0))


def test_latents_that_hardly_differ_give_no_warning(rng):
    many = np.repeat(rng.normal(size=(3, 2)), 50, axis=0).astype(np.float32)
    many += rng.normal(size=many.shape).astype(np.float32) * 1e-7
    assert np.isfinite(kmeans.centres(many, 8, seed=0)).all()
