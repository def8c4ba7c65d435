"""The size of activations, against counts by hand and the figures that others have published."""

import keras
import pytest

import config as presets
from tfvae import runs
from tfvae.experiments import activations
from tfvae.models.vae import VAE


def test_a_small_model_is_counted_by_hand():
    images, latents = keras.Input((4, 6, 1)), keras.Input((2,))
    x = keras.layers.Conv2D(3, 3, 2, "same")(images)  # 2×3×3 = 18
    x = keras.layers.ReLU()(x)  # 18
    x = keras.layers.Flatten()(x)  # 18
    encoder = keras.Model(images, keras.layers.Dense(4)(x))  # 4
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(24)])  # 24, once
    decoder = keras.Model(latents, keras.layers.Reshape((4, 6, 1))(inner(latents)))  # 24
    assert activations.outputs(encoder) == 58
    assert activations.outputs(decoder) == 48
    assert activations.megabytes(VAE(encoder, decoder)) == pytest.approx(2 * 4 * (58 + 48) / 2**20)


PUBLISHED = presets.EXPERIMENTS["structures"].groups["structures"].published["activations as published, MB"]


@pytest.mark.parametrize("preset", ["normal_1", "normal_2", "normal_3", "inception_1"])
def test_published_figures_count_the_output_of_each_size_once_more(preset):
    config = presets.get_config(preset)
    config.data.num_images = 100
    found = activations.megabytes(runs.build(config))
    maps = 256**2 * 32 + 64**2 * 64 + 16**2 * 128 + 8**2 * 256  # of the blocks at each size, on either side
    again = 2 * 4 * 2 * maps / 2**20
    assert again == 36.75
    assert found + again == pytest.approx(PUBLISHED[preset], abs=0.6)


def test_another_block_adds_what_its_three_layers_put_out():
    sizes = {}
    for preset in ("normal_1", "normal_2"):
        config = presets.get_config(preset)
        config.data.num_images = 100
        sizes[preset] = activations.megabytes(runs.build(config))
    assert sizes["normal_2"] - sizes["normal_1"] == pytest.approx(3 * 36.75)
