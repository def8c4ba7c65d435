"""Gradients through a quantiser, against closed forms and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantizers import VectorQuantizer
from tfvae.quantizers.gradients import rotation, straight_through, with_gradient_of

CODES, SIZE = 6, 4


@pytest.fixture
def latents(rng):
    return rng.normal(size=(3, 2, 2, SIZE)).astype(np.float32)


def make(rng, **options):
    quantizer = VectorQuantizer(codes=CODES, **options)
    quantizer.build((None, 2, 2, SIZE))
    quantizer.codebook.start(rng.normal(size=(CODES, SIZE)))
    return quantizer


def gradient_of(function, value):
    value = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(value)
        found = function(value)
    return tape.gradient(found, value).numpy()


def test_straight_through_gives_the_gradient_of_the_output_to_the_input(rng, latents):
    quantizer, outside = make(rng), rng.normal(size=latents.shape).astype(np.float32)
    found = gradient_of(lambda z: tf.reduce_sum(outside * quantizer(z).latents), latents)
    np.testing.assert_allclose(found, outside, rtol=1e-6)


def matrix_of(latent, code):
    """λR of Fifty et al. 2024, eq. 4, in double precision."""
    e, q = latent / np.linalg.norm(latent), code / np.linalg.norm(code)
    r = (e + q) / np.linalg.norm(e + q)
    turned = np.eye(len(e)) - 2 * np.outer(r, r) + 2 * np.outer(q, e)
    return turned * np.linalg.norm(code) / np.linalg.norm(latent)


def test_rotation_gives_the_gradient_turned_back(rng, latents):
    quantizer, outside = make(rng, gradient="rotation"), rng.normal(size=latents.shape).astype(np.float32)
    found = gradient_of(lambda z: tf.reduce_sum(outside * quantizer(z).latents), latents)
    codes = quantizer(latents).latents.numpy()
    for place in np.ndindex(latents.shape[:3]):
        matrix = matrix_of(latents[place].astype(np.float64), codes[place].astype(np.float64))
        scale = np.linalg.norm(codes[place]) / np.linalg.norm(latents[place])
        np.testing.assert_allclose(matrix @ matrix.T / scale**2, np.eye(SIZE), atol=1e-6)  # a rotation
        np.testing.assert_allclose(matrix @ latents[place], codes[place], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found[place], matrix.T @ outside[place], rtol=1e-3, atol=1e-4)


def test_rotation_keeps_the_angle_between_gradient_and_latent(rng, latents):
    codes, outside = (rng.normal(size=latents.shape).astype(np.float32) for _ in range(2))
    found = gradient_of(lambda z: tf.reduce_sum(outside * rotation(z, tf.constant(codes))), latents)

    def cosine(one, other):
        return np.sum(one * other, -1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)

    np.testing.assert_allclose(cosine(found, latents), cosine(outside, codes), atol=1e-4)


@pytest.mark.parametrize("carry", [straight_through, rotation])
def test_the_value_is_the_code_to_the_last_bit(rng, latents, carry):
    codes = rng.normal(size=latents.shape).astype(np.float32)
    np.testing.assert_array_equal(with_gradient_of(tf.constant(codes), carry(tf.constant(latents), codes)), codes)


def test_latents_and_codes_of_length_zero_give_no_nan():
    nothing, something = tf.zeros((1, SIZE)), tf.ones((1, SIZE))
    for one, other in ((nothing, something), (something, nothing), (something, -something)):
        found = gradient_of(lambda z, target=other: tf.reduce_sum(rotation(z, target)), one)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_gradient_of_the_loss_by_finite_differences(rng, latents, update, distance):
    quantizer = make(rng, update=update, distance=distance, commitment=0.7)
    found = gradient_of(lambda z: tf.reduce_sum(quantizer(z).loss), latents)
    codes = quantizer(latents).latents.numpy().astype(np.float64)

    def loss(z):  # commitment: codes stand still
        unit = z / np.linalg.norm(z, axis=-1, keepdims=True) if distance == "cosine" else z
        return 0.7 * np.sum(np.square(unit - codes))

    for place in [(0, 0, 1, 2), (2, 1, 0, 3)]:
        step = np.zeros(latents.shape)
        step[place] = 1e-5
        expected = (loss(latents + step) - loss(latents - step)) / 2e-5
        assert found[place] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_trained_codes_have_the_gradient_of_their_own_loss_alone(rng, latents):
    quantizer = make(rng, update="gradient", commitment=0.7)
    table = quantizer.trainable_variables[0]
    with tf.GradientTape() as tape:
        found = quantizer(latents)
        loss = tf.reduce_sum(found.loss) + 100 * tf.reduce_sum(tf.square(found.latents))
    gradient = tape.gradient(loss, table.value)
    assert isinstance(gradient, tf.Tensor)  # and no sparse one
    codes, vectors = found.codes.numpy().ravel(), quantizer.vectors().numpy()
    for code in range(CODES):
        own = latents.reshape(-1, SIZE)[codes == code]
        np.testing.assert_allclose(gradient[code], 2 * (vectors[code] - own).sum(axis=0), rtol=1e-4, atol=1e-5)
    assert np.abs(gradient).max() > 0.1
