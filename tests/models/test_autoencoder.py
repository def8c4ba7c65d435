"""The plain autoencoder: the squared error alone, and everything that it has not."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfvae import export, reports, runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig, from_json
from tfvae.errors import UserError
from tfvae.inference import pictures
from tfvae.inference.flags import parse
from tfvae.inference.source import open_source
from tfvae.likelihoods import Gaussian
from tfvae.models import Autoencoder
from tfvae.models.base import NoPriorError
from tfvae.networks import MLP
from tfvae.run_folder import Run

SHAPE, LATENTS = (8, 8, 1), 3
FAMILY = ("--config.model.family=autoencoder", "--config.model.kl_weight=constant", "--config.model.latent_dim=3")


@pytest.fixture
def model():
    network = MLP(units=(6,))
    model = Autoencoder(network.encoder(SHAPE, LATENTS), network.decoder(LATENTS, SHAPE), Gaussian(scale=0.5))
    model.compile("adam", run_eagerly=True)
    return model


@pytest.fixture
def images(rng):
    return rng.random((6, *SHAPE)).astype(np.float32)


def test_objective_is_the_squared_error(model, images):
    error = np.mean(np.square(images - np.asarray(model.reconstruct(images), np.float64)))
    logs = model.evaluate(images, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "reconstruction", "mse", "sigma", "active_units"}
    assert logs["mse"] == pytest.approx(error, rel=1e-5)
    constant = 32 * np.log(2 * np.pi * 0.25)
    assert logs["loss"] == pytest.approx(64 * error / (2 * 0.25) + constant, rel=1e-5)
    history = model.fit(images, epochs=1, verbose=0).history
    assert set(history) == {*logs, "gradient_norm"}


def test_the_code_is_a_point(model, images):
    q = model.encode(images)
    np.testing.assert_array_equal(q.mean(), model.encoder(images))
    assert not np.any(q.stddev())
    assert not np.any(model(images)["stddev"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, images: model.sample(2),
        lambda model, images: model.draw(tf.zeros((1, 2), tf.int32), tf.ones(1)),
        lambda model, images: model.elbo(images, tf.constant([0, 1])),
        lambda model, images: model.log_weights(images, 2, tf.constant([0, 1])),
    ],
    ids=["sample", "draw", "elbo", "log_weights"],
)
def test_what_needs_a_prior_is_refused(model, images, ask):
    with pytest.raises(NoPriorError, match="Autoencoder has no prior"):
        ask(model, images)


def test_signatures(model):
    assert set(export.signatures(model)) == {"serving_default", "encode", "decode"}


def test_encoder_of_another_size():
    network = MLP(units=(6,))
    with pytest.raises(ValueError, match=r"puts out 6 values .* expected 1·3 = 3 values for the latents themselves"):
        Autoencoder(network.encoder(SHAPE, 6), network.decoder(3, SHAPE))


def test_a_configuration_that_sets_what_it_has_not():
    config = Config(
        data=DataConfig(image_shape=SHAPE, num_images=10),
        model=ModelConfig(
            family=Component("autoencoder"),
            network=Component("mlp"),
            posterior=Component("uniform"),
            kl_weight=Component("linear"),
        ),
        train=TrainConfig(batch_size=5),
    )
    words = r"posterior is uniform: autoencoder has no posterior but a point(.|\n)*kl_weight is linear: .* no KL term"
    with pytest.raises(UserError, match=words):
        runs.build(config)
    config.model.posterior, config.model.kl_weight = Component("gaussian"), Component("constant")
    assert isinstance(runs.build(config), Autoencoder)
    config.data.pixels = "dequantize"
    assert runs.bits_per_dim(config) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("autoencoder")
    data = tiny.save_pictures(place / "data", num_images=64)
    return tiny.train(data, place / "models", *FAMILY, "--config.train.epochs=2")


def test_a_run_has_no_samples_and_no_bound(folder):
    run = Run(folder)
    assert {path.name for path in folder.glob("*.gif")} == {"reconstructions.gif"}
    assert not (run.pictures / "generations").exists()
    report = json.loads(run.report.read_text(encoding="utf-8"))
    assert {"negative_elbo", "kl", "bits_per_dim"}.isdisjoint(report["numbers"]["test"])
    assert "test −log p(x|z)" in reports.closing(run, report)
    assert "generations" not in reports.closing(run, report)
    columns = run.log.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert not [name for name in columns if "kl" in name or "elbo" in name or "beta" in name]
    with np.load(run.examples) as arrays:
        assert "kl_per_latent" not in arrays
    assert isinstance(runs.load(folder), Autoencoder)
    assert from_json(report["config"]).model.family == Component("autoencoder")


def test_inference_makes_the_pictures_that_it_can(folder, tmp_path):
    files, left_out = tiny.pictured(open_source(_request(folder, tmp_path)))
    assert {"reconstructions.png", "interpolation.gif", "traversal.png", "latents.npz"} <= set(files)
    assert [sentence.split()[0] for sentence in left_out] == ["generations"]


def _request(folder, output):
    return parse(["vae_inference.py", f"--run={folder}", f"--output_dir={output}"], output, list(pictures.PICTURES))


def test_evaluation_leaves_out_what_needs_a_prior(folder, tmp_path):
    found = tiny.evaluated(folder, tmp_path)
    for section in ("density", "samples", "latents", "anomaly"):
        assert "no prior" in found[section]["left_out"]
    assert found["reconstruction"]["mse"]
