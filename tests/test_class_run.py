"""A prior on codes that learns from labels, trained by `vae.py`: from the command line to the pictures."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tiny

import tfvae
from tfvae import configuration, runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig
from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Splits
from tfvae.errors import UserError
from tfvae.inference import pictures
from tfvae.inference.flags import parse
from tfvae.inference.source import open_source
from tfvae.run_folder import Run
from tfvae.training import checkpoints, session

SECOND = ("--config.model.family=two_stage", "--config.model.code_prior=pixelcnn(channels=8,depth=2,num_classes=3)")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The file of labelled images, the folder of runs, and the flags of a second stage on a finished first one."""
    folder = tmp_path_factory.mktemp("classes")
    data = folder / "images.npz"
    images = tiny.pictures()
    np.savez(data, images=images, labels=(images[:, :, :4] > 20).any(axis=(1, 2, 3)).astype(np.int64))
    first = tiny.train(data, folder / "models", "--config.model.family=vqvae", *tiny.CODED, name="first")
    return data, folder / "models", (*tiny.CODED, *SECOND, f"--config.model.codes_from={first}")


@pytest.fixture(scope="module")
def trained(begun):
    data, models, flags = begun
    return tiny.train(data, models, *flags, name="second")


def test_the_export_draws_classes(trained):
    served = tf.saved_model.load(str(trained / "serving/1")).signatures
    given = {"seed": tf.constant([[0, 0], [0, 1]]), "temperature": tf.constant([1.0, 0.5])}
    found = served["sample_class"](**given, label=tf.constant([2, 0]))
    assert found["codes"].shape == (2, 2, 2)
    assert found["images"].shape == (2, 8, 8, 1)


def test_shares_are_those_of_the_training_labels(begun, trained):
    config = configuration.read(Run(trained).config)
    labels = runs.load_data(config).train.labels
    expected = (np.bincount(labels, minlength=3) + 1) / (len(labels) + 3)
    for model in (tfvae.load(trained), runs.restore(Run(trained), config)):
        np.testing.assert_allclose(model.code_prior.class_shares, expected, rtol=1e-6)
    with np.load(trained / "examples.npz") as arrays:
        np.testing.assert_allclose(arrays["class_shares"], expected, rtol=1e-6)


def test_the_report_is_of_the_sum_over_classes(trained):
    report = json.loads((trained / "report.json").read_text())
    config, model = configuration.read(Run(trained).config), tfvae.load(trained)
    batches = session.evaluation_batches(runs.load_data(config).test, config)
    elbo = np.concatenate([model.elbo(images, tf.constant([0, 0])) for images in batches])
    assert len(elbo) == 6
    assert report["numbers"]["test"]["negative_elbo"] == pytest.approx(-elbo.mean(), rel=1e-5)


def test_a_killed_run_ends_as_one_that_was_not(begun, trained):
    data, models, flags = begun
    command = tiny.flags(data, models, *flags, name="killed")[1:]
    driver = [sys.executable, str(tiny.ROOT / "tests/training/killed_run.py"), "within_an_epoch", *command]
    found = subprocess.run(driver, capture_output=True, text=True, timeout=300)
    assert found.returncode == -signal.SIGKILL, found.stderr
    tiny.train(data, models, *flags, name="killed")
    for name in ("last.npz", "best.npz"):
        tiny.assert_same_arrays(models / "killed/checkpoints" / name, trained / "checkpoints" / name)
    assert (models / "killed/log.csv").read_text() == (trained / "log.csv").read_text()


def test_shares_are_of_the_own_labels_where_weights_are_of_another_run(begun, trained, tmp_path):
    data, _, flags = begun
    changed = runs.load(trained)
    changed.code_prior.class_shares.assign([0.1, 0.1, 0.8])
    other = Run(tmp_path / "other")
    other.checkpoints.mkdir(parents=True)
    checkpoints.save_weights(changed, other.checkpoints / "best.npz")
    still = ("--config.train.learning_rate=1e-9", f"--init_from={other.folder}")
    found = tfvae.load(tiny.train(data, tmp_path, *flags, *still)).code_prior
    np.testing.assert_array_equal(found.class_shares, runs.load(trained).code_prior.class_shares)
    np.testing.assert_allclose(found.weights[-1], changed.code_prior.weights[-1], atol=1e-6)


def test_a_picture_of_each_class(begun, trained, tmp_path):
    request = parse(
        ["vae_inference.py", f"--run={trained}", f"--output_dir={tmp_path}", "--num_images=4"], tmp_path, []
    )
    source = open_source(request)
    ((files, _),) = pictures.make(source, ("classes",))
    assert set(files) == {"classes.png"}
    height, width, _ = files["classes.png"].shape
    assert width / height > 8 / 3  # eight in each of three rows, and words
    images = source.model.sample_class(np.array([0, 1, 2, 0]), 5, 1.0)
    np.testing.assert_array_equal(images[:2], source.model.sample_class(np.array([0, 1]), 5, 1.0))
    with pytest.raises(UserError, match=r"classes cannot be made: the run's examples.npz does not say how many"):
        list(pictures.make(source._replace(class_shares=None), ("classes",)))
    request = parse(["vae_inference.py", f"--run={begun[1] / 'first'}", f"--output_dir={tmp_path}"], tmp_path, [])
    source = open_source(request)
    assert "classes" not in pictures._meant_for(source.model)
    with pytest.raises(UserError, match="classes cannot be made: the model draws images of no class"):
        list(pictures.make(source, ("classes",)))


def test_labels_that_do_not_fit_are_refused_before_anything_is_written(begun, capsys):
    data, models, flags = begun
    prior = "--config.model.code_prior=pixelcnn(channels=8,depth=2,num_classes=1)"
    assert tiny.script.run(tiny.flags(data, models, *flags, prior, name="refused")) == 2
    error = capsys.readouterr().err
    assert "the labels of arrays go from 0 to 1: expected num_classes=2" in error
    assert "Traceback" not in error
    assert not (models / "refused").exists()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "the images of arrays have no labels: expected a class of each"),
        (np.zeros((20, 4), np.int64), r"the labels of arrays are attributes, \(20, 4\): expected one class of each"),
        (np.arange(20) % 4, "go from 0 to 3: expected num_classes=4"),
        (np.arange(20) % 3 - 1, "go from -1 to 1: expected classes from 0 on"),
    ],
)
def test_labels_that_are_no_classes(labels, message):
    splits = Splits(ArraySource(np.zeros((20, 8, 8, 1), np.uint8), labels), None, None)
    config = Config(
        data=DataConfig(Component("arrays"), pixels="dequantize"),
        model=ModelConfig(
            family=Component("two_stage"),
            codes_from="somewhere",
            network=Component("residual_stack"),
            quantizer=Component("vector"),
            code_prior=Component("pixelcnn", num_classes=3),
        ),
    )
    with pytest.raises(UserError, match=r"^config.model.code_prior is pixelcnn\(num_classes=3\): .*" + message):
        runs.resolve(config, splits)
    config.model.code_prior = Component("pixelcnn")
    assert runs.resolve(config, splits).data.num_images == 20
