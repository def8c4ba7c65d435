"""Sampling with what is kept against the algorithm that calls the whole network for every code."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfvae.code_priors import GatedPixelCNN
from tfvae.code_priors.filling import Stack, fill
from tfvae.code_priors.inverse_cdf import choose, uniforms


def made(code_shape, num_codes, **options):
    """With biases too: no two codes are equally probable, not even at the first place, which sees nothing."""
    keras.utils.set_random_seed(0)
    prior = GatedPixelCNN(**{"channels": 8, "depth": 4, **options})
    prior.build((None, *code_shape, num_codes))
    for weight in prior.weights:
        if weight.path.endswith("bias"):
            weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    return prior


def seeds_of(count, seed=0):
    return np.stack([np.full(count, seed), np.arange(count)], axis=1).astype(np.int32)


def naive(prior, seeds, temperatures, labels=None):
    """One code after another, each from a pass of the whole network over the map so far."""
    height, width = prior.code_shape
    numbers = np.asarray(uniforms(seeds, height * width)).reshape(-1, height, width)
    codes = np.zeros((len(seeds), height, width), np.int32)
    for row in range(height):
        for column in range(width):
            logits = prior(codes) if labels is None else prior(codes, labels)
            codes[:, row, column] = choose(logits[:, row, column], temperatures, numbers[:, row, column])
    return codes


@pytest.mark.parametrize(
    ("code_shape", "options"),
    [
        ((4, 5), {}),
        ((5, 3), {"kernel_size": 5, "depth": 2}),
        ((1, 6), {}),
        ((6, 1), {}),
        ((3, 4), {"num_classes": 3}),
    ],
)
def test_equals_the_naive_algorithm(code_shape, options, rng):
    prior, seeds = made(code_shape, 7, **options), seeds_of(20)
    temperatures = rng.uniform(0, 1.5, 20).astype(np.float32)
    labels = rng.integers(0, 3, 20) if options.get("num_classes") else None
    codes = prior.sample(seeds, temperatures, labels)
    np.testing.assert_array_equal(codes, naive(prior, seeds, temperatures, labels))
    assert codes.dtype == tf.int32
    assert len(np.unique(codes)) > 3


def test_a_row_depends_on_its_own_seed_and_temperature_only(rng):
    prior, seeds = made((4, 4), 6), seeds_of(12)
    temperatures = rng.uniform(0.3, 1.5, 12).astype(np.float32)
    together = np.asarray(prior.sample(seeds, temperatures))
    order = rng.permutation(12)
    np.testing.assert_array_equal(prior.sample(seeds[order], temperatures[order]), together[order])
    for row in (0, 7):
        np.testing.assert_array_equal(prior.sample(seeds[row : row + 1], temperatures[row : row + 1])[0], together[row])
    others = np.asarray(prior.sample(seeds_of(12, seed=1), temperatures))
    assert (others != together).any(axis=(1, 2)).all()


def test_a_prior_without_classes_takes_one_number_of_a_row_for_each_code_and_no_other():
    prior, seeds, temperatures = made((3, 4), 6), seeds_of(10), np.ones(10, np.float32)
    numbers = tf.reshape(uniforms(seeds, 12), [-1, 3, 4])
    stack = Stack(prior._gated, [None] * prior.depth, prior._embedding, prior._head)
    np.testing.assert_array_equal(prior.sample(seeds, temperatures), fill(stack, numbers, temperatures))


def test_one_graph_for_all_sizes_of_batch():
    prior = made((2, 2), 3)
    for count in (1, 5, 9):
        prior.sample(seeds_of(count), np.ones(count, np.float32))
    assert prior._sample.experimental_get_tracing_count() == 1


def test_samples_have_the_probabilities_that_the_prior_gives():
    prior, count = made((2, 2), 2), 20_000
    codes = np.asarray(prior.sample(seeds_of(count), np.ones(count, np.float32))).reshape(count, 4)
    maps = np.stack(np.unravel_index(np.arange(16), (2, 2, 2, 2)), axis=1).reshape(-1, 2, 2)
    expected = count * np.exp(-np.asarray(prior.nats(maps), np.float64).sum(axis=(1, 2)))
    observed = np.bincount(codes @ [8, 4, 2, 1], minlength=16)
    assert scipy.stats.chisquare(observed, expected * count / expected.sum()).pvalue > 1e-3
    assert expected.max() / expected.min() > 3


def test_temperature_zero_takes_the_most_probable_code():
    prior = made((3, 3), 5)
    codes = np.asarray(prior.sample(seeds_of(4), np.zeros(4, np.float32)))
    assert (codes == codes[:1]).all()
    np.testing.assert_array_equal(np.argmax(prior(codes), axis=-1), codes)


def test_choose_inverts_the_cumulative_distribution(rng):
    logits = (2 * rng.normal(size=(500, 9))).astype(np.float32)
    temperatures, numbers = rng.uniform(0.2, 2, 500).astype(np.float32), rng.random(500).astype(np.float32)
    found = np.asarray(choose(logits, temperatures, numbers))
    relative = np.exp(np.float64(logits) / temperatures[:, None])
    cumulative = relative.cumsum(axis=1) / relative.sum(axis=1, keepdims=True)
    rows = zip(cumulative, numbers, strict=True)
    expected = np.array([np.searchsorted(row, number, side="right") for row, number in rows])
    np.testing.assert_array_equal(found, expected)


def test_choose_never_takes_what_is_impossible():
    """At either end of [0, 1), of codes whose probability is zero in float32."""
    logits = np.float32([[-1e4, 0, -1e4, 1, -1e4]] * 2)
    found = choose(logits, np.ones(2, np.float32), np.float32([0, 1 - 2**-23]))
    np.testing.assert_array_equal(found, [1, 3])
    np.testing.assert_array_equal(
        choose(logits, np.zeros(2, np.float32), np.float32([0, 1 - 2**-23])), [3, 3]
    )  # and the coldest takes the most probable
