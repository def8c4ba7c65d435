"""KL weights by hand-computed numbers."""

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from tfvae.schedules import KL_WEIGHTS, Capacity, Constant, Cosine, Cyclical, FreeBits, Linear, Sigmoid
from tfvae.schedules.base import KLWeight

# weight at steps; by hand from the formulas of the docstrings.
EXPECTED = {
    "constant": (Constant(0.5), {0: 0.5, 10**6: 0.5}),
    "linear": (Linear(100), {0: 0.0, 1: 0.01, 50: 0.5, 99: 0.99, 100: 1.0, 10**6: 1.0}),
    "linear from 0.2 to 4": (Linear(10, start=0.2, beta=4.0), {0: 0.2, 5: 2.1, 10: 4.0, 11: 4.0}),
    "linear downwards": (Linear(10, start=10.0, beta=1.0), {0: 10.0, 5: 5.5, 10: 1.0, 20: 1.0}),
    "cosine": (Cosine(100), {0: 0.0, 25: 0.5 - math.sqrt(0.125), 50: 0.5, 100: 1.0, 200: 1.0}),
    "sigmoid": (Sigmoid(100), {0: 0.0, 50: 0.5, 100: 1.0, 200: 1.0}),
    # (σ(−3) − σ(−6))/(1 − 2σ(−6)), σ(x) = 1/(1 + e^−x)
    "sigmoid at a quarter": (
        Sigmoid(100, sharpness=12.0),
        {25: (0.0474258732 - 0.0024726232) / (1 - 2 * 0.0024726232)},
    ),
    "cyclical": (
        Cyclical(100, rise=0.5, beta=2.0),
        {0: 0.0, 25: 1.0, 50: 2.0, 99: 2.0, 100: 0.0, 125: 1.0, 1050: 2.0},
    ),
    "cyclical, rising all the time": (Cyclical(4, rise=1.0), {0: 0.0, 1: 0.25, 3: 0.75, 4: 0.0}),
    "capacity": (Capacity(gamma=7.0, duration=10), {0: 7.0, 100: 7.0}),
    "free bits": (FreeBits(beta=3.0), {0: 3.0, 100: 3.0}),
}


@pytest.mark.parametrize(("schedule", "expected"), EXPECTED.values(), ids=EXPECTED)
def test_weight_at_steps(schedule, expected):
    found = {step: float(schedule.weight(tf.constant(step, tf.int64))) for step in expected}
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", KL_WEIGHTS)
def test_weight_is_a_float32_scalar_and_finite_from_the_first_step_to_past_the_last(name):
    schedule = KL_WEIGHTS[name]().for_run(10)
    for step in (0, 1, 9, 10, 11, 10**7):
        weight = schedule.weight(tf.constant(step, tf.int64))
        assert (weight.dtype, weight.shape) == (tf.float32, ())
        assert math.isfinite(weight)


@pytest.mark.parametrize("name", [name for name in KL_WEIGHTS if KL_WEIGHTS[name].penalty is KLWeight.penalty])
def test_penalty_is_the_weight_times_the_sum_over_latents(name):
    schedule, step = KL_WEIGHTS[name]().for_run(10), tf.constant(2)
    kl = tf.constant([[1.0, 2.0], [0.0, 0.5]])
    np.testing.assert_allclose(schedule.penalty(kl, step), float(schedule.weight(step)) * np.array([3.0, 0.5]))


def test_capacity_grows_linearly_and_stays():
    schedule, kl = Capacity(gamma=2.0, capacity=10.0, duration=100), tf.constant([[1.0, 3.0], [6.0, 6.0]])  # 4, 12
    found = {step: list(map(float, schedule.penalty(kl, tf.constant(step)))) for step in (0, 50, 100, 500)}
    # γ·|KL − C| with C = 0, 5, 10, 10
    assert found == {0: [8.0, 24.0], 50: [2.0, 14.0], 100: [12.0, 4.0], 500: [12.0, 4.0]}


def test_free_bits_charge_nothing_below_the_floor():
    kl = tf.constant([[0.0, 2.0, 0.5], [0.2, 4.0, 0.5]])  # mean over the batch: 0.1, 3, 0.5
    with tf.GradientTape() as tape:
        tape.watch(kl)
        penalty = FreeBits(floor=0.4, beta=2.0).penalty(kl, tf.constant(0))
        loss = tf.reduce_mean(penalty)
    np.testing.assert_allclose(penalty, [2 * (0.4 + 3.0 + 0.5)] * 2)
    # d/dKL of the mean over two images: β/2 where charged.
    np.testing.assert_allclose(tape.gradient(loss, kl), [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]])


def test_shares_become_steps_of_the_run():
    assert Linear(0.3).for_run(200).duration == 60
    assert Cyclical(0.25).for_run(10).period == 2
    assert Capacity(duration=0.001).for_run(10).duration == 1, "at least one step"
    assert Linear(1.0).for_run(7).duration == 7
    assert Linear(5).for_run(7) == Linear(5)
    assert Constant(3.0).for_run(7) == Constant(3.0)


def test_steps_past_the_end_of_the_run_are_refused():
    with pytest.raises(ValueError, match=r"duration=8 steps lies past the end of the run \(7 steps\)"):
        Linear(8).for_run(7)
    with pytest.raises(ValueError, match="period=8 steps lies past"):
        Cyclical(8).for_run(7)


def test_share_without_a_run_is_refused():
    with pytest.raises(ValueError, match=r"is a share of the run: call .for_run\(total_steps\) first"):
        Linear(0.5).weight(tf.constant(0))


@pytest.mark.parametrize("time", [0, -3, 0.0, 1.5, -0.1], ids=str)
def test_times_that_are_neither_steps_nor_a_share_are_refused(time):
    with pytest.raises(ValueError, match=r"expected steps \(an int ≥ 1\) or a share of the run in \(0, 1\]"):
        Linear(time)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(-1.0), "beta is -1.0: expected from 0 to 1e"),
        (lambda: Cyclical(rise=0.0), "rise is 0.0: expected from 0.01 to 1"),
        (lambda: Sigmoid(sharpness=0.0), "sharpness is 0.0: expected from 0.1 to 100"),
        (lambda: FreeBits(floor=-0.1), "floor is -0.1"),
        (lambda: Capacity(gamma=-1.0, capacity=-2.0), "gamma is -1.0.*; capacity is -2.0"),
    ],
    ids=["beta", "rise", "sharpness", "floor", "gamma and capacity"],
)
def test_numbers_outside_their_limits_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_settled_when_the_objective_no_longer_changes():
    assert Constant().settled == 0
    assert FreeBits().settled == 0
    assert Linear(40).settled == 40
    assert Capacity(duration=40).settled == 40


@pytest.mark.parametrize("name", KL_WEIGHTS)
def test_schedules_are_frozen(name):
    schedule = KL_WEIGHTS[name]()
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.beta = 2.0
