"""The gated PixelCNN by brute force: what depends on what, and that probabilities add up to one."""

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.code_priors import GatedPixelCNN


def made(code_shape=(2, 2), num_codes=2, seed=0, **options):
    keras.utils.set_random_seed(seed)
    prior = GatedPixelCNN(**{"channels": 6, "depth": 3, **options})
    prior.build((None, *code_shape, num_codes))
    return prior


def all_maps(code_shape, num_codes):
    """Every map of codes there is, (Kʰʷ, h, w)."""
    places = int(np.prod(code_shape))
    return np.array(list(itertools.product(range(num_codes), repeat=places)), np.int32).reshape(-1, *code_shape)


def dependence(prior, labels=None):
    """By how much the logits at each place (rows) depend on the codes at each place (columns), in raster order.

    The Jacobian in one pass: of as many copies of a map as there are places, each is asked about a place of its own.
    """
    height, width = prior.code_shape
    places = height * width
    map_shape = [height, width, prior.channels]
    embedded = tf.tile(tf.random.stateless_normal([1, *map_shape], [0, 1]), [places, 1, 1, 1])
    weights = tf.random.stateless_normal([prior.num_codes], [0, 2])
    with tf.GradientTape() as tape:
        tape.watch(embedded)
        logits = prior.logits_of(embedded, labels)
        asked = tf.reshape(tf.reduce_sum(logits * weights, axis=-1), [places, places])
        loss = tf.linalg.trace(asked)
    gradient = tf.reshape(tape.gradient(loss, embedded), [places, places, prior.channels])
    return np.abs(gradient).max(axis=-1)


@pytest.mark.parametrize("code_shape", [(4, 5), (5, 3), (1, 6), (6, 1)], ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize(("depth", "kernel_size"), [(6, 3), (3, 5)])
def test_each_place_sees_all_that_is_earlier_and_nothing_else(code_shape, depth, kernel_size):
    found = dependence(made(code_shape, 3, channels=16, depth=depth, kernel_size=kernel_size))
    earlier = np.tril(np.ones_like(found), -1) > 0
    assert (found[~earlier] == 0).all()
    assert (found[earlier] > 0).all()


def test_the_same_under_a_class():
    found = dependence(made((3, 3), 2, num_classes=4), labels=tf.fill([9], 2))
    assert (found[np.triu_indices(9)] == 0).all()
    assert (found[np.tril_indices(9, -1)] > 0).all()


def test_too_few_layers_see_less_but_never_ahead():
    found = dependence(made((5, 5), 2, depth=1))
    assert (found[np.triu_indices(25)] == 0).all()
    assert (found[np.tril_indices(25, -1)] == 0).any()


@pytest.mark.parametrize(("code_shape", "num_codes"), [((2, 2), 2), ((2, 3), 2), ((1, 4), 3), ((3, 1), 4)])
def test_probabilities_of_all_maps_add_up_to_one(code_shape, num_codes):
    prior = made(code_shape, num_codes, channels=16)
    nats = tf.reduce_sum(prior.nats(all_maps(code_shape, num_codes)), axis=(1, 2))
    assert np.exp(-np.asarray(nats, np.float64)).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(nats) > 0.01  # not merely the uniform


def test_probabilities_under_each_class_add_up_to_one():
    prior, maps = made(channels=16, num_classes=3), all_maps((2, 2), 2)
    found = [np.asarray(prior.nats(maps, tf.fill([len(maps)], label))).sum(axis=(1, 2)) for label in range(3)]
    for nats in found:
        assert np.exp(-np.float64(nats)).sum() == pytest.approx(1 / 3, abs=1e-5)  # the class is paid for too
    assert np.abs(found[0] - found[1]).max() > 1e-3  # the class makes a difference


def test_nats_are_those_of_the_logits(rng):
    prior, codes = made((2, 3), 5), rng.integers(0, 5, (4, 2, 3))
    logits = np.asarray(prior(codes), np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = -np.log(np.take_along_axis(probabilities, codes[..., None], axis=-1))[..., 0]
    np.testing.assert_allclose(prior.nats(codes), expected, rtol=1e-5, atol=1e-6)


def test_labels_are_for_a_prior_that_has_classes():
    codes = np.zeros((1, 2, 2), np.int32)
    with pytest.raises(ValueError, match="labels were given to a code prior of 0 classes"):
        made().nats(codes, tf.constant([0]))
    with pytest.raises(ValueError, match="labels were given to a code prior of 0 classes"):
        made().sample(np.zeros((1, 2), np.int32), np.ones(1, np.float32), tf.constant([0]))
    with pytest.raises(ValueError, match="labels were not given for the logits of a code prior of 3 classes"):
        made(num_classes=3)(codes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 4}, "kernel_size is 4: expected an odd number"),
        ({"kernel_size": 1}, "kernel_size is 1: expected from 3 to 31"),
        ({"depth": 0}, "depth is 0: expected from 1 to 100"),
    ],
)
def test_options_that_make_no_network(options, message):
    with pytest.raises(ValueError, match=message):
        GatedPixelCNN(**options)


def test_it_is_built_once_for_one_shape():
    prior = made((2, 3), 4)
    before = [id(weight) for weight in prior.weights]
    prior.build((None, 2, 3, 4))
    assert [id(weight) for weight in prior.weights] == before
    with pytest.raises(ValueError, match=r"has been built for \(2, 3, 4\)"):
        prior.build((None, 3, 3, 4))
    with pytest.raises(ValueError, match="with h, w and K known"):
        GatedPixelCNN().build((None, None, 3, 4))


def test_configuration_survives_json():
    prior = made(num_classes=3, kernel_size=5)
    text = json.dumps(keras.saving.serialize_keras_object(prior))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert again.get_config() == prior.get_config()
    again.build((None, 2, 2, 2))
    again.set_weights(prior.get_weights())
    maps, labels = all_maps((2, 2), 2), tf.zeros(16, tf.int32)
    np.testing.assert_array_equal(again.nats(maps, labels), prior.nats(maps, labels))


def test_mixed_precision_gives_float32_logits():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        prior = made()
    finally:
        keras.config.set_dtype_policy(before)
    assert prior._gated[0].compute_dtype == "bfloat16"
    assert prior(np.zeros((1, 2, 2), np.int32)).dtype == "float32"
    codes = prior.sample(np.zeros((3, 2), np.int32), np.ones(3, np.float32))
    assert codes.shape == (3, 2, 2)


def chain(count, rng, stay=0.9):
    """2×2 binary maps: a Markov chain in raster order that keeps its value with probability `stay`."""
    codes = np.empty((count, 4), np.int32)
    codes[:, 0] = rng.random(count) < 0.5
    for place in range(1, 4):
        moved = rng.random(count) > stay
        codes[:, place] = codes[:, place - 1] ^ moved
    return codes.reshape(-1, 2, 2)


def test_training_comes_near_the_entropy_of_a_known_distribution(rng):
    stay = 0.9
    entropy = np.log(2) - 3 * (stay * np.log(stay) + (1 - stay) * np.log(1 - stay))
    prior, optimizer = made(channels=12, depth=2), keras.optimizers.Adam(1e-2)

    @tf.function
    def step(codes):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.reduce_sum(prior.nats(codes), axis=(1, 2)))
        optimizer.apply(tape.gradient(loss, prior.trainable_variables), prior.trainable_variables)

    optimizer.build(prior.trainable_variables)
    codes = chain(256 * 150, rng, stay)
    for batch in np.split(codes, 150):
        step(batch)
    maps = all_maps((2, 2), 2)
    flat = maps.reshape(-1, 4)
    kept = (flat[:, 1:] == flat[:, :-1]).sum(axis=1)
    probabilities = 0.5 * stay**kept * (1 - stay) ** (3 - kept)  # of each map, exactly
    nats = probabilities @ np.asarray(prior.nats(maps), np.float64).sum(axis=(1, 2))
    assert entropy <= nats < entropy + 0.01  # 4·ln 2 = 2.77 of the uniform; the entropy is 1.67
