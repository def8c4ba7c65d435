"""Opening the folder of a run: what is refused, what is cleared, and that no interruption mixes two runs."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tiny

import tfvae
from tfvae import configuration, files, runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError
from tfvae.run_folder import Run


def tiny_config(**train):
    return Config(
        name="tiny",
        data=DataConfig(Component("arrays"), image_shape=(8, 8, 1), num_images=48),
        model=ModelConfig(latent_dim=3, network=Component("mlp", units=(8,))),
        train=TrainConfig(**{"batch_size": 20, "epochs": 2, **train}),
    )


STATE = ("report.json", "report.md", "log.csv", "model.keras", "checkpoints/last.npz", "checkpoints/best.npz")
STATE += ("pictures/generations/0001.png", "tensorboard/train/events.out.1")
KEPT = ("serving/1/saved_model.pb", "inference/generations.png", "generations.gif")


def finished_folder(folder, config):
    """What a finished run looks like, without its contents."""
    files.write_json(folder / "config.json", configuration.to_json(config))
    for name in (*STATE, *KEPT):
        files.write_text(folder / name, "old")
    return folder


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_run(tmp_path):
    run = runs.open_run(tmp_path / "a" / "b", tiny_config())
    assert configuration.read(run.config) == tiny_config()
    assert names(run.folder) == {"config.json"}


def test_an_unfinished_run_goes_on_wherever_its_data_are(tmp_path):
    finished_folder(tmp_path, tiny_config())
    (tmp_path / "report.json").unlink()
    moved = tiny_config()
    moved.data.dir = "elsewhere"
    run = runs.open_run(tmp_path, moved)
    assert names(tmp_path) == {"config.json", *STATE, *KEPT} - {"report.json"}
    assert configuration.read(run.config).data.dir == "elsewhere"


def test_a_finished_run_is_not_touched(tmp_path):
    finished_folder(tmp_path, tiny_config())
    before = tiny.files_of(tmp_path)
    moved = tiny_config()
    moved.data.dir = "elsewhere"
    assert runs.open_run(tmp_path, moved).report.exists()
    assert tiny.files_of(tmp_path) == before


def test_another_configuration_is_refused_before_the_data_are_known(tmp_path):
    finished_folder(tmp_path, tiny_config())
    unknown = tiny_config()
    unknown.data.image_shape, unknown.data.num_images = (), 0
    assert runs.finished_run(tmp_path, unknown, resolved=False) == Run(tmp_path)
    with pytest.raises(UserError, match=r"data\.num_images is 48 there and 0 here"):
        runs.finished_run(tmp_path, unknown)
    unknown.train.seed = 5
    with pytest.raises(UserError, match=r"another configuration \(train.seed is 0 there and 5 here\): .*--overwrite"):
        runs.finished_run(tmp_path, unknown, resolved=False)
    assert runs.finished_run(tmp_path / "none", unknown, resolved=False) is None


@pytest.mark.parametrize("seed", [0, 1], ids=["the same configuration", "another"])
def test_overwriting_keeps_what_is_served(tmp_path, seed):
    finished_folder(tmp_path, tiny_config())
    runs.open_run(tmp_path, tiny_config(seed=seed), overwrite=True)
    assert names(tmp_path) == {"config.json", *KEPT}
    assert configuration.read(tmp_path / "config.json") == tiny_config(seed=seed)


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("after", range(len(STATE) + 2))
def test_an_interrupted_clearing_leaves_nothing_to_the_next_run(tmp_path, monkeypatch, after, overwrite):
    """Whichever file the process is killed at, the new run does not go on with a part of the old one."""
    finished_folder(tmp_path, tiny_config())
    original, left = Path.unlink, [after]

    def unlink(self, missing_ok=False):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        original(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with contextlib.suppress(KeyboardInterrupt):
            runs.open_run(tmp_path, tiny_config(seed=1), overwrite=True)
    try:
        runs.open_run(tmp_path, tiny_config(seed=1), overwrite=overwrite)
    except UserError:  # nothing was removed yet, and the old run is whole
        assert after == 0
        assert not overwrite
        assert names(tmp_path) == {"config.json", *STATE, *KEPT}
    else:
        assert names(tmp_path) == {"config.json", *KEPT}


@pytest.mark.parametrize("text", ["", "{", '{"name": "digits", "colour": "red"}'])
def test_a_configuration_that_cannot_be_read_is_another(tmp_path, text):
    finished_folder(tmp_path, tiny_config())
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config\.json cannot be read"):
        runs.open_run(tmp_path, tiny_config())
    assert runs.open_run(tmp_path, tiny_config(), overwrite=True) == Run(tmp_path)
    assert names(tmp_path) == {"config.json", *KEPT}


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    finished_folder(tmp_path, tiny_config())
    (tmp_path / "report.json").unlink()
    halves = [".config.123.json", "checkpoints/.last.123.npz", "pictures/generations/.0002.9.png"]
    others = [".hidden", ".note.txt", "inference/.generations.123.png"]
    for name in (*halves, *others):
        (tmp_path / name).write_text("half")
    runs.open_run(tmp_path, tiny_config())
    assert names(tmp_path) == {"config.json", *STATE, *KEPT, *others} - {"report.json"}


def test_load_gives_a_model_that_goes_on(tmp_path_factory):
    folder, data = tiny.finished(tmp_path_factory)
    model = tfvae.load(folder)
    report = json.loads((folder / "report.json").read_text())
    for weight, stored in zip(model.weights, tiny.arrays(folder / "checkpoints" / "best.npz"), strict=True):
        np.testing.assert_array_equal(weight.numpy(), stored)
    assert int(model.optimizer.iterations) == report["training"]["steps"]
    with np.load(data) as file:
        images = np.float32(file["images"] / 255)
    np.testing.assert_allclose(
        model.reconstruct(images),
        tf.saved_model.load(folder / "serving" / "1").signatures["serving_default"](images=tf.constant(images))[
            "reconstructions"
        ],
        rtol=1e-5,
        atol=1e-6,
    )
    before = model.evaluate(images, verbose=0, return_dict=True)["negative_elbo"]
    # With its own optimiser, whose learning rate has fallen, and with another.
    model.fit(images, epochs=1, batch_size=16, verbose=0)
    assert int(model.optimizer.iterations) == report["training"]["steps"] + 4
    model.compile("adam")
    model.optimizer.learning_rate = 3e-3
    model.fit(images, epochs=15, batch_size=16, verbose=0)
    assert model.evaluate(images, verbose=0, return_dict=True)["negative_elbo"] < before - 1
    samples = np.asarray(model.sample(4, seed=1))
    assert samples.shape == (4, 8, 8, 1)
    assert samples.min() >= 0
    assert samples.max() <= 1


def test_load_says_what_is_no_finished_run(tmp_path):
    with pytest.raises(UserError, match=r"holds no model\.keras"):
        tfvae.load(tmp_path)


def test_weights_that_do_not_fit_leave_the_model_as_it_was(tmp_path_factory, tmp_path):
    folder, _ = tiny.finished(tmp_path_factory)
    config = tiny_config()
    config.model.latent_dim = 4
    model = runs.build(config)
    before = model.get_weights()
    with pytest.raises(UserError, match="cannot start from"):
        runs.load_initial_weights(model, folder)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(UserError, match=r"has no checkpoints/best\.npz"):
        runs.load_initial_weights(model, tmp_path)
