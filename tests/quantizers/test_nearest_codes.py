"""The nearest code, against brute force."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantizers import VectorQuantizer, nearest


def brute_force(vectors, codes):
    return np.argmin(np.sum(np.square(vectors[:, None] - codes[None]), axis=-1), axis=1)


@pytest.mark.parametrize("most", [1, 7 * 40, 7 * 50, 2**24], ids=["by_row", "even_chunks", "last_shorter", "at_once"])
def test_against_brute_force_in_chunks_of_any_size(rng, monkeypatch, most):
    monkeypatch.setattr(nearest, "MOST_DISTANCES", most)
    vectors, codes = rng.normal(size=(120, 5)), rng.normal(size=(7, 5)) + 3.0
    found = nearest.nearest(tf.constant(vectors, tf.float32), tf.constant(codes, tf.float32))
    assert found.dtype == tf.int32
    np.testing.assert_array_equal(found, brute_force(vectors, codes))


def test_in_a_graph_of_any_number_of_vectors(rng):
    codes = tf.constant(rng.normal(size=(6, 3)), tf.float32)
    graph = tf.function(lambda rows: nearest.nearest(rows, codes), [tf.TensorSpec((None, 3))])
    for count in (1, 4):
        rows = rng.normal(size=(count, 3)).astype(np.float32)
        np.testing.assert_array_equal(graph(rows), brute_force(rows, codes.numpy()))


def test_the_first_of_equally_near_codes():
    codes = tf.constant([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(nearest.nearest(tf.constant([[0.0, 5.0], [2.0, 0.0]]), codes), [0, 0])


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_latents_are_replaced_by_the_nearest_vectors(rng, distance):
    quantizer = VectorQuantizer(codes=9, distance=distance, update="gradient")
    quantizer.build((None, 3, 2, 4))
    quantizer.codebook.start(rng.normal(size=(9, 4)))
    latents = rng.normal(size=(5, 3, 2, 4)).astype(np.float32)
    found = quantizer(latents)
    compared, vectors = latents.reshape(-1, 4), quantizer.vectors().numpy()
    if distance == "cosine":
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
        expected = np.argmax(compared @ vectors.T, axis=1)  # lengths of latents change nothing
        compared = compared / np.linalg.norm(compared, axis=1, keepdims=True)
    else:
        expected = brute_force(compared, vectors)
    np.testing.assert_array_equal(found.codes, expected.reshape(5, 3, 2))
    np.testing.assert_array_equal(found.latents, vectors[expected].reshape(latents.shape))
    np.testing.assert_array_equal(quantizer.lookup(found.codes), found.latents)
    # Both terms of eq. 3 are the same number.
    squares = np.sum(np.square(compared - vectors[expected]).reshape(5, -1), axis=1)
    np.testing.assert_allclose(found.loss, (1 + 0.25) * squares, rtol=1e-5)
