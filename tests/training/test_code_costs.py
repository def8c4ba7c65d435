"""What a code costs, against scipy's entropies."""

import numpy as np
import pytest
import scipy.stats

from tfvae.training import code_costs


def test_cross_entropy_is_entropy_and_divergence(rng):
    found, frequencies = rng.integers(0, 50, 8), rng.integers(0, 500, 8)
    shares = (frequencies + 1) / (frequencies + 1).sum()
    expected = scipy.stats.entropy(found, base=2) + scipy.stats.entropy(found, shares, base=2)
    assert code_costs.cross_entropy(found, frequencies) == pytest.approx(expected)


def test_codes_never_seen_in_training_cost_much_but_not_all():
    bits = code_costs.cross_entropy(np.array([0, 1]), np.array([1022, 0]))
    assert bits == pytest.approx(10)  # one in 1,024


def test_equal_frequencies_cost_as_much_as_the_uniform(rng):
    assert code_costs.cross_entropy(rng.integers(0, 50, 16), np.full(16, 100)) == pytest.approx(4)


def test_sentences_name_all_three_for_every_split():
    costs = {"uniform": 9.0, "histogram": {"test": 8.25}, "prior": {"test": 5.5}}
    (sentence,) = code_costs.sentences({"code_costs": costs})
    assert sentence.startswith("a code of the test images: 5.500 bits under the prior, 8.250 by how often")
    assert sentence.endswith("9.000 if all were equally probable")
    assert code_costs.sentences({}) == []
