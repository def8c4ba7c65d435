"""The energy test against scipy, and its p-values where the answer is known."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from tfvae.errors import UserError
from tfvae.evaluation.two_sample import energy_test


def test_distance_in_one_dimension_is_that_of_scipy(rng):
    x, y = rng.normal(size=30), rng.normal(0.5, 2, size=40)
    # scipy's pairs include each value with itself: as if the mean distances within were smaller by 1/N and 1/M.
    within = [distance.pdist(values[:, None]).mean() for values in (x, y)]
    expected = stats.energy_distance(x, y) ** 2 - within[0] / 30 - within[1] / 40
    assert energy_test(x[:, None], y[:, None], 9).distance == pytest.approx(expected)


def test_effect_of_two_points_is_one_and_of_one_point_zero():
    here, there = np.zeros((5, 3)), np.full((4, 3), 2.0)
    found = energy_test(here, there)
    assert (found.distance, found.effect) == (pytest.approx(2 * np.sqrt(12)), pytest.approx(1))
    assert found.p_value < 0.02
    assert energy_test(here, here).effect == 0
    assert energy_test(here, here).p_value == 1


def test_effect_is_unbiased_if_the_distributions_are_equal(rng):
    effects = [energy_test(rng.normal(size=(20, 5)), rng.normal(size=(20, 5)), 1).effect for _ in range(300)]
    assert abs(np.mean(effects)) < 3 * np.std(effects) / np.sqrt(300)


def test_p_value_is_that_of_scipy(rng):
    x, y = rng.normal(size=(4, 2)), rng.normal(0.9, 1, size=(4, 2))
    pooled = np.concatenate([x, y])

    def statistic(first, second):
        one, other = pooled[first], pooled[second]
        within = distance.cdist(one, one).mean() + distance.cdist(other, other).mean()
        return 2 * distance.cdist(one, other).mean() - within

    exact = stats.permutation_test(
        (np.arange(4), np.arange(4, 8)), statistic, vectorized=False, n_resamples=np.inf, alternative="greater"
    ).pvalue  # over all 70 divisions
    assert energy_test(x, y, 20_000).p_value == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


def test_p_values_are_uniform_if_the_distributions_are_equal(rng):
    values = [energy_test(rng.normal(size=(25, 3)), rng.normal(size=(20, 3)), 99, seed).p_value for seed in range(200)]
    jitter = rng.uniform(0, 0.01, 200)  # they are multiples of 1/100
    assert stats.kstest(np.array(values) - jitter, "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    "distort",
    [lambda x: x + 0.5, lambda x: 1.5 * x, lambda x: np.sign(x) * np.abs(x) ** 1.5, lambda x: x @ [[1, 0.8], [0, 0.6]]],
    ids=["shifted", "wider", "heavy_tails", "correlated"],
)
def test_differences_are_found(rng, distort):
    x, y = rng.normal(size=(500, 2)), distort(rng.normal(size=(500, 2)))
    found = energy_test(x, y, 199)
    assert found.p_value == 1 / 200
    assert found.effect > 0


def test_a_greater_shift_has_a_greater_effect(rng):
    x, y = rng.normal(size=(200, 4)), rng.normal(size=(200, 4))
    effects = [energy_test(x, y + shift, 9).effect for shift in (0, 0.5, 1, 2, 4)]
    assert (np.diff(effects) > 0).all()


def test_same_seed_same_answer(rng):
    x, y = rng.normal(size=(20, 2)), rng.normal(0.3, 1, size=(20, 2))
    assert energy_test(x, y, 99, 3) == energy_test(x, y, 99, 3)


@pytest.mark.parametrize("shapes", [((5, 2), (5, 3)), ((5,), (5,)), ((1, 2), (5, 2))])
def test_samples_that_cannot_be_compared(shapes):
    with pytest.raises(UserError, match="samples of shapes"):
        energy_test(*map(np.zeros, shapes))
