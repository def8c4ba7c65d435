"""Runs that have begun with other images than those found now."""

import numpy as np
import pytest
import tiny

from tfvae import configuration, splits
from tfvae.configuration import Component, Config, DataConfig
from tfvae.experiments import same_data
from tfvae.files import write_json
from tfvae.run_folder import Run
from tfvae.training import session


def config_of(path, pixels="unit", **further):
    return Config(data=DataConfig(Component("arrays"), dir=str(path), validation=20, pixels=pixels, **further))


@pytest.fixture
def begun(tmp_path):
    """Makes a run that has begun with the images of a file."""

    def make(path, pixels):
        run, found = Run(tmp_path / "run"), splits.load(config_of(path))
        config = config_of(path, pixels, image_shape=(8, 8, 1), num_images=found.train.num_images)
        write_json(run.config, configuration.to_json(config))
        session.save_examples(found, config, run)
        run.checkpoints.mkdir()
        (run.checkpoints / "last.npz").touch()
        return run

    return make


@pytest.mark.parametrize("pixels", ["unit", "dequantize", "binarize"])
def test_only_a_run_of_the_same_images_is_recognised(begun, tmp_path, pixels):
    path = tiny.save_pictures(tmp_path / "here", num_images=100)
    run = begun(path, pixels)

    def faults(**other):
        there = tiny.save_pictures(tmp_path / "there", **{"num_images": 100, **other})
        return same_data.faults([(run, config_of(there, pixels))], splits.load(config_of(there)))

    assert faults() == []
    for other, words in (
        ({"seed": 1}, "those that it has kept in examples.npz are not these"),
        ({"num_images": 90}, "data.num_images is 70 there and 61 here"),
        ({"shape": (6, 8, 1)}, "data.image_shape is [8, 8, 1] there and [6, 8, 1] here"),
    ):
        (fault,) = faults(**other)
        assert words in fault
    (run.checkpoints / "last.npz").unlink()
    assert faults(seed=1) == []  # it has not begun: vae.py begins afresh there


def test_another_decoder_of_the_same_files_is_no_other_image(begun, tmp_path):
    path = tiny.save_pictures(tmp_path / "here", num_images=100)
    run = begun(path, "unit")
    images = tiny.pictures(num_images=100).astype(int) + np.random.default_rng(0).integers(-3, 4, (100, 8, 8, 1))
    np.savez(path, images=np.clip(images, 0, 255).astype(np.uint8))
    assert same_data.faults([(run, config_of(path))], splits.load(config_of(path))) == []
