"""Which run a second stage may stand on, and what is said of any other."""

import shutil

import pytest

from tfvae import checks, configuration, files, first_stage
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError
from tfvae.run_folder import Run

DATA = DataConfig(Component("arrays"), validation=10, image_shape=(8, 8, 1), num_images=48)
PARTS = {"latent_dim": 4, "network": Component("residual_stack", hidden=8)}


def save_run(folder, config, finished=True):
    run = Run(folder)
    files.write_json(run.config, configuration.to_json(config))
    if finished:
        files.write_json(run.report, {})
    return folder


@pytest.fixture
def run(tmp_path):
    return save_run(tmp_path / "first", Config("first", DATA, ModelConfig(Component("vqvae"), **PARTS)))


def second(folder, data=DATA, **model):
    options = {"family": Component("two_stage"), "codes_from": str(folder), **PARTS, **model}
    return Config("second", data, ModelConfig(**options), TrainConfig(epochs=3))


def test_the_run_is_found_whatever_its_training_and_place_of_data(run):
    config = second(run, DataConfig(Component("arrays"), dir="elsewhere", validation=10, image_shape=(8, 8, 1)))
    assert checks.faults(config) == []
    assert first_stage.run_of(config) == Run(run)
    assert first_stage.config_of(config).model == configuration.read(Run(run).config).model


def test_a_family_without_a_first_stage_needs_no_run():
    assert first_stage.run_of(Config()) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes_from": ""}, "codes_from is not given: expected the folder of a finished run of the family vqvae"),
        ({"codes_from": "nowhere"}, "codes_from=nowhere: there is no run there: expected the folder"),
        ({"latent_dim": 5}, "another model, or of other data: model.latent_dim is 4 there and 5 here; give this run"),
        ({"network": Component("residual_stack", hidden=4)}, "model.network.hidden is 8 there and 4 here"),
        ({"quantizer": Component("vector", codes=8)}, "model.quantizer.codes is None there and 8 here"),
    ],
)
def test_a_run_that_cannot_be_stood_on(run, changes, message):
    with pytest.raises(UserError, match=message):
        first_stage.check(second(run, **changes))


def test_a_run_of_other_data_or_other_held_out_images(run):
    with pytest.raises(UserError, match=r"data\.pixels is 'unit' there and 'dequantize' here"):
        first_stage.check(second(run, DataConfig(Component("arrays"), validation=10, pixels="dequantize")))
    config = second(run)
    config.train.seed = 1
    with pytest.raises(UserError, match=r"train\.seed is 0 there and 1 here"):
        first_stage.check(config)


def test_a_run_that_is_not_finished(run):
    Run(run).report.unlink()
    with pytest.raises(UserError, match="is not finished: finish it first"):
        first_stage.check(second(run))


def test_a_run_of_another_family(tmp_path):
    folder = save_run(tmp_path / "vae", Config("vae", DATA))
    with pytest.raises(UserError, match="is of the family vae: expected a run of vqvae"):
        first_stage.check(second(folder))


def test_a_folder_that_is_gone(run):
    shutil.rmtree(run)
    with pytest.raises(UserError, match="there is no run there"):
        first_stage.check(second(run))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"codes_from": "somewhere"}, "codes_from is somewhere: vae has no first stage: expected nothing, or "),
        ({"code_prior": Component("pixelcnn", depth=3)}, "has no first stage.*family=two_stage"),
    ],
)
def test_options_of_a_second_stage_without_one(model, message):
    with pytest.raises(UserError, match=message):
        checks.check(Config(model=ModelConfig(**model)))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"kl_weight": Component("linear", duration=0.5)}, "two_stage has no KL term"),
        ({"fitted_prior": Component("mixture")}, "two_stage has no prior"),
        ({"code_prior": Component("pixelcn")}, "there is no code prior 'pixelcn': did you mean 'pixelcnn'"),
        ({"code_prior": Component("pixelcnn", depth=0)}, "depth is 0: expected from 1 to 100"),
    ],
)
def test_options_that_mean_nothing_to_a_second_stage(run, model, message):
    with pytest.raises(UserError, match=message):
        checks.check(second(run, **model))
