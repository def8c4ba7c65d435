"""The arithmetic of attribute vectors, against means and planted directions."""

import numpy as np
import pytest

from tfvae.inference.attributes.vectors import shares, weighted_sum, weights

COUNT, LATENTS = 500, 6


@pytest.fixture
def attributes(rng):
    """Four attributes: the second mostly follows the first, the third is rare, the last constant."""
    first = rng.random(COUNT) < 0.4
    second = np.where(rng.random(COUNT) < 0.8, first, rng.random(COUNT) < 0.5)
    return np.stack([first, second, rng.random(COUNT) < 0.05, np.ones(COUNT)], axis=1).astype(np.uint8)


def test_the_plain_vector_is_the_difference_of_means(attributes, rng):
    latents = rng.normal(size=(COUNT, LATENTS))
    has = attributes[:, 1] == 1
    expected = latents[has].mean(axis=0) - latents[~has].mean(axis=0)
    np.testing.assert_allclose(weights(attributes, 1) @ latents, expected, atol=1e-12)


def test_the_balance_tells_what_else_is_in_the_vector(attributes, rng):
    directions = rng.normal(size=(4, LATENTS))
    latents = attributes @ directions + 3
    difference = {share.name: share.difference for share in shares(attributes, 0, "abcd")}
    assert difference["b"] > 0.5
    expected = directions[0] + sum(difference[name] * directions["abcd".index(name)] for name in "bcd")
    np.testing.assert_allclose(weights(attributes, 0) @ latents, expected)


def test_latents_come_in_batches(rng):
    factors, latents = rng.normal(size=COUNT), rng.normal(size=(COUNT, LATENTS))
    batches = np.split(latents, [100, 130, 480])
    np.testing.assert_allclose(weighted_sum(factors, iter(batches)), factors @ latents)


def test_shares_are_counted_and_the_most_different_come_first(attributes):
    found = shares(attributes, 1, ("a", "b", "c", "d"))
    has = attributes[:, 1] == 1
    assert [share.name for share in found] == ["a", "c", "d"]
    assert found[0].among_with == pytest.approx(attributes[has, 0].mean())
    assert found[0].among_without == pytest.approx(attributes[~has, 0].mean())
    assert found[2].difference == 0
