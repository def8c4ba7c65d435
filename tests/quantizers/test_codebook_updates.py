"""How codes learn, step by step, against steps written out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantizers import VectorQuantizer
from tfvae.quantizers.codebooks import EPSILON

CODES, SIZE, DECAY = 5, 3, 0.8


def make(rng, **options):
    quantizer = VectorQuantizer(codes=CODES, decay=DECAY, revive_after=0, **options)
    quantizer.build((None, 2, 2, SIZE))
    quantizer.codebook.start(rng.normal(size=(CODES, SIZE)))
    return quantizer


def latents_of(rng, images=6):
    return rng.normal(size=(images, 2, 2, SIZE)).astype(np.float32)


def test_running_means_against_steps_by_hand(rng):
    quantizer = make(rng)
    counts, sums = np.ones(CODES), quantizer.codebook.sums.numpy().astype(np.float64)
    for _ in range(4):
        latents = latents_of(rng)
        codes = quantizer(latents, training=True).codes.numpy().ravel()
        flat = latents.reshape(-1, SIZE).astype(np.float64)
        for code in range(CODES):
            own = flat[codes == code]
            counts[code] = DECAY * counts[code] + (1 - DECAY) * len(own)
            sums[code] = DECAY * sums[code] + (1 - DECAY) * own.sum(axis=0)
        smoothed = (counts + EPSILON) / (counts.sum() + CODES * EPSILON) * counts.sum()
        assert smoothed.sum() == pytest.approx(counts.sum())
        np.testing.assert_allclose(quantizer.vectors(), sums / smoothed[:, None], rtol=1e-4)


def test_a_step_gives_the_codes_of_before_it(rng):
    quantizer, latents = make(rng), latents_of(rng)
    before, expected = quantizer.vectors().numpy(), quantizer(latents)
    found = quantizer(latents, training=True)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(quantizer.vectors(), before)


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_outside_training_nothing_changes(rng, update):
    quantizer = VectorQuantizer(codes=CODES, update=update, revive_after=1)
    quantizer.build((None, 2, 2, SIZE))
    before = quantizer.get_weights()
    quantizer(latents_of(rng))
    for found, expected in zip(quantizer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_what_the_optimiser_trains():
    trained, averaged = VectorQuantizer(codes=4, update="gradient"), VectorQuantizer(codes=4)
    for quantizer in (trained, averaged):
        quantizer.build((None, 1, 1, SIZE))
    assert [tuple(weight.shape) for weight in trained.trainable_weights] == [(4, SIZE)]
    assert not averaged.trainable_weights


def test_trained_codes_reach_the_means_of_their_latents(rng):
    quantizer = make(rng, update="gradient", start="random")
    latents = latents_of(rng, 3)
    optimizer = keras.optimizers.SGD(0.02)
    for _ in range(300):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(quantizer(latents, training=True).loss)
        optimizer.apply(tape.gradient(loss, quantizer.trainable_variables), quantizer.trainable_variables)
    codes = quantizer(latents).codes.numpy().ravel()
    flat = latents.reshape(-1, SIZE)
    for code in set(codes):
        np.testing.assert_allclose(quantizer.vectors()[code], flat[codes == code].mean(axis=0), atol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"codes": 1}, "codes is 1: expected from 2"),
        ({"decay": 1.0}, "decay is 1.0"),
        ({"commitment": -1.0}, "commitment is -1.0"),
        ({"update": "means"}, "update is 'means': expected one of ema, gradient"),
        ({"gradient": "none", "distance": "far"}, "gradient is 'none': .* distance is 'far'"),
        ({"start": "zero"}, "start is 'zero': expected one of kmeans, random"),
    ],
)
def test_options_that_cannot_be(options, words):
    with pytest.raises(ValueError, match=words):
        VectorQuantizer(**options)
