"""What `--describe` says, against the model itself."""

import math
import re

import pytest

import config as presets
from tfvae import describe, runs
from tfvae.configuration import Component
from tfvae.errors import UserError


@pytest.fixture(scope="module")
def described():
    config = presets.get_config("digits")
    config.model.likelihood = Component("gaussian", scale=0.25)
    return runs.build(config), describe.describe(config)


def test_the_layer_table_adds_up(described):
    model, text = described
    rows = re.findall(r"^  \S+ .*?([\d,]+) +([\d,]+)$", text, re.MULTILINE)
    trainable, other = (sum(int(row[column].replace(",", "")) for row in rows) for column in (0, 1))
    assert trainable == sum(math.prod(weight.shape) for weight in model.trainable_weights) > 1000
    assert other == sum(math.prod(weight.shape) for weight in model.non_trainable_weights)
    assert f"trainable parameters: {trainable:,} (and {other:,} that are not trained)" in text
    assert "encoder:" in text
    assert "decoder:" in text


def test_the_equivalent_weight_of_the_kl(described):
    # −log p of a Gaussian, times 2σ²/D, is the mean squared error: the KL is then weighed by w = 2σ²/D.
    weight = 2 * 0.25**2 / 784
    text = described[1]
    assert f'"mean squared error + {weight:.3g}·KL" on [0, 1]' in text
    assert f'"mean squared error + {4 * weight:.3g}·KL" on [−1, 1]' in text
    assert "σ = 0.2500" in text


@pytest.mark.parametrize("likelihood", ["bernoulli", "laplace"])
def test_no_equivalent_where_there_is_none(likelihood):
    config = presets.get_config("mnist_bernoulli" if likelihood == "bernoulli" else "digits")
    config.model.likelihood = Component(likelihood)
    assert "mean squared error" not in describe.describe(config)


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_every_preset_can_be_described(preset):
    config = presets.get_config(preset)
    text = describe.describe(config)
    assert repr(config.model.likelihood) in text
    assert f"batch {config.train.batch_size}" in text
    number = config.data.num_images  # not known beforehand of a folder
    assert (f"training: {number:,} images, " in text) == (number > 0)


def test_a_schedule_in_steps_of_a_run_of_unknown_length():
    config = presets.get_config("folder")
    config.model.kl_weight = Component("linear", duration=5000)
    assert "KL weight: linear(duration=5000)" in describe.describe(config)


def test_without_the_size_of_the_images():
    config = presets.get_config("folder")
    config.data.image_shape = ()
    with pytest.raises(UserError, match=r"--config\.data\.image_shape=\(height,width,channels\)"):
        describe.describe(config)
