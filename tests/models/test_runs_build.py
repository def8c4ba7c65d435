"""Models built from configurations: reproducible, of the published size, and without reading data."""

import math

import numpy as np
import pytest

import config
from tfvae import runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.datasets import DATASETS
from tfvae.errors import UserError

# reference-systems.md, section 1.
TRAINABLE = {"gaussian_mnist": 935_251, "gaussian_celeba": 21_296_899}
KNOWN_DATA = [name for name in config.PRESETS if config.get_config(name).data.num_images]


def tiny(seed=0, **train):
    return Config(
        data=DataConfig(image_shape=(4, 4, 1), num_images=12),
        model=ModelConfig(latent_dim=2, network=Component("mlp", units=(4,))),
        train=TrainConfig(batch_size=4, epochs=1, seed=seed, **train),
    )


@pytest.fixture
def no_data(monkeypatch):
    """Whoever asks a registry of data sets for a loader fails."""

    def refuse(self, name):
        if self is DATASETS:
            raise AssertionError(f"the data of {name} were asked for")
        return original(self, name)

    original = type(DATASETS).__getitem__
    monkeypatch.setattr(type(DATASETS), "__getitem__", refuse)


@pytest.mark.parametrize("preset", KNOWN_DATA)
def test_presets_build_without_reading_data(preset, no_data):
    wanted = config.get_config(preset)
    model = runs.build(wanted)
    assert model.built
    assert model.compiled
    assert model.image_shape == wanted.data.image_shape
    *places, size = model.latent_shape
    assert (len(places), size) == (2 if model.quantized else 0, wanted.model.latent_dim)
    trainable = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    assert trainable == TRAINABLE.get(preset, trainable)


def test_reference_presets_have_the_published_scale():
    # σ² = w·D/2: w = 5e-4 and D = 784 on [0, 1]; w = 1e-4 and D = 12,288 on [−1, 1], which is twice as wide.
    scales = {name: config.get_config(name).model.likelihood.options["scale"] for name in TRAINABLE}
    assert scales == pytest.approx(
        {"gaussian_mnist": math.sqrt(5e-4 * 784 / 2), "gaussian_celeba": math.sqrt(1e-4 * 12_288 / 2) / 2}, abs=1e-6
    )


def test_a_preset_without_an_image_shape_says_how_to_find_it():
    with pytest.raises(UserError, match=r"'folder' are found in its data: call tfvae.runs.resolve\("):
        runs.build(config.get_config("folder"))


def trained(seed, images):
    model = runs.build(tiny(seed))
    model.fit(images, batch_size=4, epochs=1, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 3
    return model.get_weights()


def test_same_seed_same_weights_bit_for_bit_and_another_seed_others(rng):
    images = rng.random((12, 4, 4, 1)).astype(np.float32)
    first, again, other = (trained(seed, images) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((one != two).any() for one, two in zip(first, other, strict=True))


def test_noise_has_the_run_s_seed():
    assert [runs.build(tiny(seed)).seed for seed in (0, 7)] == [0, 7]


def test_shares_of_the_run_are_turned_into_steps():
    wanted = tiny()
    wanted.train.epochs = 5
    wanted.model.kl_weight = Component("linear", duration=0.4)
    assert runs.build(wanted).kl_weight.duration == 6  # of 5 · ⌈12/4⌉ steps


def test_optimizer_options_reach_keras():
    optimizer = runs.build(tiny(optimizer="adamw", clip_norm=3.0, ema=0.99, learning_rate=0.5)).optimizer
    assert type(optimizer).__name__ == "AdamW"
    assert (optimizer.global_clipnorm, optimizer.use_ema, optimizer.ema_momentum) == (3.0, True, 0.99)
    assert float(optimizer.learning_rate) == 0.5
    plain = runs.build(tiny()).optimizer
    assert (type(plain).__name__, plain.global_clipnorm, plain.use_ema) == ("Adam", None, False)


def test_precision_is_that_of_the_networks_alone():
    model = runs.build(tiny(precision="mixed_bfloat16"))
    assert model.encoder.layers[1].compute_dtype == "bfloat16"
    assert model.likelihood.compute_dtype == "float32"
    assert runs.build(tiny()).encoder.layers[1].compute_dtype == "float32", "the policy was put back"


@pytest.mark.parametrize(
    ("likelihood", "pixels", "nats", "bits"),
    [
        ("gaussian", "dequantize", 0.0, 8.0),  # the uniform density
        ("discretized_logistic", "unit", 16 * math.log(256), 8.0),  # the uniform mass
        ("gaussian", "unit", None, None),
        ("bernoulli", "binarize", None, None),
    ],
)
def test_bits_per_dim_only_where_the_bound_is_of_8_bit_data(likelihood, pixels, nats, bits):
    wanted = tiny()
    wanted.model.likelihood, wanted.data.pixels = Component(likelihood), pixels
    convert = runs.bits_per_dim(wanted)
    assert (convert and convert(nats)) == (bits and pytest.approx(bits))


def test_a_fault_that_only_the_class_sees_is_a_sentence_too():
    wanted = tiny()
    wanted.model.network = Component("strided_conv", channels=(4, 8), strides=(2,))
    with pytest.raises(UserError, match=r"the network strided_conv\(.*\): strides \(2,\) and channels"):
        runs.build(wanted)
