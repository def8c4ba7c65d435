"""Runs whose network begins from the training images."""

import numpy as np
import pytest
import tiny

STILL = ("--config.model.network=linear_residual(channels=(4,),blocks=0)", "--config.train.learning_rate=1e-9")


def weights_of(run):
    return tiny.arrays(run / "checkpoints" / "best.npz")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run that does not learn, on some pictures; one on others; and one on those that begins from the first."""
    folder = tmp_path_factory.mktemp("runs")
    some, others = (tiny.save_pictures(folder / f"data{seed}", seed=seed) for seed in (0, 1))
    first = tiny.train(some, folder, *STILL, name="first")
    return (
        first,
        tiny.train(others, folder, *STILL),
        tiny.train(others, folder, *STILL, f"--init_from={first}", name="on"),
    )


def test_a_run_begins_from_its_own_images(runs):
    first, other, _ = runs
    assert any(np.abs(a - b).max() > 0.1 for a, b in zip(weights_of(first), weights_of(other), strict=True))


def test_weights_that_were_asked_for_are_not_replaced(runs):
    first, _, on = runs
    for a, b in zip(weights_of(first), weights_of(on), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
