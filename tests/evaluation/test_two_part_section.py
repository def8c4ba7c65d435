"""The section on density of a model of two stages, on a planted one."""

import dataclasses

import numpy as np
import planted
import pytest

from tfvae.configuration import Component, Config, DataConfig, ModelConfig
from tfvae.evaluation.sections.density import Density
from tfvae.evaluation.sections.latents import Latents
from tfvae.files import load_arrays

COUNT = 40


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (COUNT, 4, 4, 1), np.uint8)


def subject_of(images, functions, pixels="dequantize", likelihood="gaussian"):
    network = Component("residual_stack")
    model = ModelConfig(Component("two_stage"), likelihood=Component(likelihood), network=network)
    config = Config(data=DataConfig(image_shape=(4, 4, 1), pixels=pixels), model=model)
    return dataclasses.replace(planted.subject(images, functions, pixels), config=config)


def measure(subject, functions, folder):
    vars(subject)["functions"] = functions
    return Density().measure(subject, folder)


def model(rng):
    """log p(x|c) and the nats of four codes, told by the order of the images."""
    log_likelihood, nats = rng.normal(size=COUNT), rng.exponential(size=(COUNT, 4))
    functions = planted.functions(
        bound=lambda batch, seed: (log_likelihood[: len(batch)], nats[: len(batch)]),
        codes=lambda batch: (np.zeros((len(batch), 2, 2), np.int32), np.zeros((len(batch), 2, 2, 3))),
    )
    return functions, log_likelihood, nats


def test_figures_are_those_of_the_two_parts(images, rng, tmp_path):
    functions, log_likelihood, nats = model(rng)
    found = measure(subject_of(images, functions), functions, tmp_path)
    values = {name: figure.value for name, figure in found.figures.items()}
    bound = (log_likelihood - nats.sum(axis=1)).mean()
    assert values["elbo"] == pytest.approx(bound)
    assert values["rate"] == pytest.approx(nats.sum(axis=1).mean())
    assert values["distortion"] == pytest.approx(-log_likelihood.mean())
    assert values["bits_per_code"] == pytest.approx(values["rate"] / (4 * np.log(2)))
    assert values["elbo_bits_per_dim"] == pytest.approx((-bound / 16 + np.log(256)) / np.log(2))
    assert "lower bound on log p(x)" in found.notes[0]
    assert "log_marginal" not in values
    np.testing.assert_allclose(load_arrays(tmp_path / "per_image.npz")["code_nats"], nats)
    for name in found.pictures:
        assert (tmp_path / name).stat().st_size > 300


def test_no_bits_where_nats_say_nothing_of_8_bit_data(images, rng, tmp_path):
    functions, *_ = model(rng)
    found = measure(subject_of(images, functions, pixels="unit"), functions, tmp_path)
    assert "elbo_bits_per_dim" not in found.figures
    assert "no bits/dim" in found.notes[1]


def test_its_protocol_is_not_that_of_importance_sampling(images, rng):
    functions, *_ = model(rng)
    protocol = Density().protocol(subject_of(images, functions))
    assert protocol["estimator"].startswith("two parts")
    assert "samples" not in protocol
    assert Density().protocol(planted.subject(images, functions))["estimator"].startswith("importance sampling")


def test_the_section_on_latents_is_left_out(images, rng):
    functions, *_ = model(rng)
    assert "q(z|x) is a point at codes" in Latents().left_out(subject_of(images, functions))
