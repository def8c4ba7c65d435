"""Priors with classes, against sums over all maps and over all classes in double precision."""

import itertools

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from tfvae.code_priors import GatedPixelCNN, class_mixture

SHARES = np.array([0.5, 0.2, 0.3])


def made(code_shape=(2, 2), num_codes=2, shares=SHARES, ignores_class=False):
    keras.utils.set_random_seed(1)
    prior = GatedPixelCNN(channels=8, depth=3, num_classes=len(shares))
    prior.build((None, *code_shape, num_codes))
    for embedding in prior._conditions:  # wide, so that classes differ
        embedding.embeddings.assign(embedding.embeddings * (0 if ignores_class else 30))
    prior.class_shares.assign(shares)
    return prior


def all_maps(places=4, num_codes=2, shape=(2, 2)):
    return np.array(list(itertools.product(range(num_codes), repeat=places)), np.int32).reshape(-1, *shape)


def by_class(prior, maps):
    """log p(c_i | c_<i, y) from the logits in double precision, (Y, N, h·w)."""
    found = []
    for label in range(prior.num_classes):
        logits = np.asarray(prior(maps, tf.fill([len(maps)], label)), np.float64)
        chosen = np.take_along_axis(scipy.special.log_softmax(logits, axis=-1), maps[..., None], axis=-1)
        found.append(chosen.reshape(len(maps), -1))
    return np.stack(found)


def seeds_of(count, seed=0):
    return np.stack([np.full(count, seed), np.arange(count)], axis=1).astype(np.int32)


def test_shares_are_uniform_at_first_and_not_trained():
    prior = GatedPixelCNN(channels=4, depth=1, num_classes=5)
    prior.build((None, 2, 2, 3))
    np.testing.assert_allclose(prior.class_shares, np.full(5, 0.2))
    assert [id(weight) for weight in prior.non_trainable_weights] == [id(prior.class_shares)]
    without = GatedPixelCNN(channels=4, depth=1)
    without.build((None, 2, 2, 3))
    assert not without.non_trainable_weights
    assert without.num_classes == 0


def test_shares_are_frequencies_with_one_more_of_each():
    prior = made()
    prior.set_class_shares(np.array([1, 1, 1, 0, 1]))
    np.testing.assert_allclose(prior.class_shares, [2 / 8, 5 / 8, 1 / 8])


def test_without_labels_nats_are_those_of_the_sum_over_classes():
    prior, maps = made(), all_maps()
    found = np.asarray(prior.nats(maps), np.float64)
    assert found.shape == (16, 2, 2)
    conditional = by_class(prior, maps)
    total = scipy.special.logsumexp(conditional.sum(axis=-1) + np.log(SHARES)[:, None], axis=0)  # log p(c)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), -total, rtol=1e-5)
    assert np.exp(-found.sum(axis=(1, 2))).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(conditional.sum(axis=-1), axis=0).max() > 0.5  # of different classes


def test_each_place_costs_what_it_does_given_those_before_it():
    """p(c_i | c_<i) as the ratio of sums of p(c) over all maps that begin alike."""
    prior, maps = made(), all_maps()
    flat, found = maps.reshape(16, 4), np.asarray(prior.nats(maps)).reshape(16, 4)
    probabilities = SHARES @ np.exp(by_class(prior, maps).sum(axis=-1))
    for index, codes in enumerate(flat):
        begun = [probabilities[(flat[:, :known] == codes[:known]).all(axis=1)].sum() for known in range(5)]
        np.testing.assert_allclose(found[index], -np.diff(np.log(begun)), rtol=1e-4, atol=1e-5)


def test_large_maps_cost_no_precision(rng):
    """9,216 places at 6 nats, of three classes that differ by far less than that sum's rounding."""
    conditional = 6 + 1e-3 * rng.normal(size=(3, 2, 96, 96))
    given = tf.constant(conditional, tf.float32)
    found = class_mixture.nats(lambda label: given[label], tf.constant(SHARES, tf.float32))
    log = np.log(SHARES)[:, None, None] - np.cumsum(np.float64(given).reshape(3, 2, -1), axis=-1)
    total = scipy.special.logsumexp(log, axis=0)
    expected = -np.diff(total, axis=-1, prepend=0)
    np.testing.assert_allclose(np.asarray(found).reshape(2, -1), expected, atol=1e-5)


def test_with_labels_the_class_is_paid_for_at_the_first_place(rng):
    prior, maps = made((2, 3), 4), rng.integers(0, 4, (12, 2, 3)).astype(np.int32)
    labels = rng.integers(0, 3, 12)
    expected = -by_class(prior, maps)[labels, np.arange(12)]
    expected[:, 0] -= np.log(SHARES)[labels]
    found = np.asarray(prior.nats(maps, labels)).reshape(12, 6)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    marginal = np.asarray(prior.nats(maps)).sum(axis=(1, 2))
    assert (found.sum(axis=1) > marginal).all()
    joint = [np.asarray(prior.nats(maps, np.full(12, label))).sum(axis=(1, 2)) for label in range(3)]
    np.testing.assert_allclose(-scipy.special.logsumexp(-np.array(joint), axis=0), marginal, rtol=1e-5)


def test_one_class_costs_nothing():
    prior, maps = made(shares=np.ones(1)), all_maps()
    np.testing.assert_allclose(prior.nats(maps), prior.nats(maps, np.zeros(16, np.int32)), atol=1e-5)


def test_gradients_pass_through_the_sum_over_classes():
    prior, maps = made(), all_maps()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(prior.nats(maps))
    gradients = tape.gradient(loss, prior.trainable_variables)
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in gradients)


def test_classes_are_drawn_as_often_as_their_shares_say():
    count = 20_000
    classes = np.asarray(class_mixture.draw(seeds_of(count), tf.constant(SHARES, tf.float32)))
    observed = np.bincount(classes, minlength=3)
    assert scipy.stats.chisquare(observed, count * SHARES).pvalue > 1e-3


def test_a_class_is_independent_of_the_codes_of_its_row():
    prior, count = made(ignores_class=True), 20_000
    seeds = seeds_of(count)
    codes = np.asarray(prior.sample(seeds, np.ones(count, np.float32))).reshape(count, 4) @ [8, 4, 2, 1]
    classes = np.asarray(class_mixture.draw(seeds, tf.constant(SHARES, tf.float32)))
    table = np.zeros((3, 16))
    np.add.at(table, (classes, codes), 1)
    assert scipy.stats.chi2_contingency(table[:, table.sum(axis=0) > 100]).pvalue > 1e-3


def test_samples_without_labels_have_the_probabilities_of_the_sum():
    prior, count = made(), 20_000
    codes = np.asarray(prior.sample(seeds_of(count), np.ones(count, np.float32))).reshape(count, 4)
    expected = SHARES @ np.exp(by_class(prior, all_maps()).sum(axis=-1))
    observed = np.bincount(codes @ [8, 4, 2, 1], minlength=16)
    often = count * expected > 5
    found = np.append(observed[often], observed[~often].sum() + 1e-9)
    wanted = np.append(expected[often], expected[~often].sum() + 1e-12)
    assert scipy.stats.chisquare(found, found.sum() * wanted / wanted.sum()).pvalue > 1e-3


def test_samples_with_labels_are_those_of_the_class():
    prior, count = made(), 9_000
    for label in range(3):
        labels = np.full(count, label)
        codes = np.asarray(prior.sample(seeds_of(count, label), np.ones(count, np.float32), labels)).reshape(count, 4)
        expected = np.exp(by_class(prior, all_maps())[label].sum(axis=-1))
        observed = np.bincount(codes @ [8, 4, 2, 1], minlength=16)
        np.testing.assert_allclose(observed / count, expected, atol=4 * 0.5 / np.sqrt(count))


def test_a_row_without_a_label_is_that_of_its_class_and_a_function_of_its_seed(rng):
    prior, seeds = made((3, 3), 5), seeds_of(30)
    temperatures = rng.uniform(0.3, 1.5, 30).astype(np.float32)
    together = np.asarray(prior.sample(seeds, temperatures))
    classes = class_mixture.draw(seeds, tf.constant(SHARES, tf.float32))
    assert len(np.unique(classes)) == 3
    np.testing.assert_array_equal(prior.sample(seeds, temperatures, classes), together)
    order = rng.permutation(30)
    np.testing.assert_array_equal(prior.sample(seeds[order], temperatures[order]), together[order])
    np.testing.assert_array_equal(prior.sample(seeds[7:8], temperatures[7:8])[0], together[7])
