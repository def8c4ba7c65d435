"""The numbers of a report, against numpy on what the SavedModel gives."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfvae import configuration, reports, runs
from tfvae.run_folder import Run
from tfvae.training import session

DRAWS = 200


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tiny.finished(tmp_path_factory)[0])


@pytest.fixture(scope="module")
def report(run):
    return json.loads(run.report.read_text())


@pytest.fixture(scope="module")
def served(run):
    return tf.saved_model.load(run.serving / "1").signatures


@pytest.fixture(scope="module", params=["validation", "test"])
def split(request, run):
    """Its name, and its images as the model sees them."""
    config = configuration.read(run.config)
    batches = session.evaluation_batches(getattr(runs.load_data(config), request.param), config)
    return request.param, np.concatenate([batch.numpy() for batch in batches])


def test_the_error_at_the_mean(report, served, split):
    name, images = split
    reconstructions = served["serving_default"](images=tf.constant(images))["reconstructions"].numpy()
    expected = np.mean((images - reconstructions).astype(np.float64) ** 2)
    assert report["numbers"][name]["mse_at_mean"] == pytest.approx(expected, rel=1e-5)


def test_the_bound_within_the_error_of_one_draw(report, served, split):
    name, images = split
    size = len(images)
    seeds = np.stack([np.repeat(np.arange(DRAWS), size), np.tile(np.arange(size), DRAWS)], axis=1).astype(np.int32)
    found = served["score"](images=tf.constant(np.tile(images, (DRAWS, 1, 1, 1))), seed=tf.constant(seeds))
    numbers = report["numbers"][name]
    for key, value in (("negative_elbo", -found["elbo"]), ("reconstruction", -found["log_likelihood"])):
        draws = value.numpy().astype(np.float64).reshape(DRAWS, size)
        error = np.sqrt(draws.var(axis=0).sum()) / size  # of one draw for each image
        assert abs(numbers[key] - draws.mean()) < 5 * error + 1e-3 * abs(draws.mean())
    assert numbers["kl"] == pytest.approx(float(np.mean(found["kl"])), rel=1e-4)
    assert numbers["negative_elbo"] == pytest.approx(numbers["reconstruction"] + numbers["kl"], rel=1e-5)
    bits = (numbers["negative_elbo"] / 64 + np.log(256)) / np.log(2)  # 64 pixels, dequantised
    assert numbers["bits_per_dim"] == pytest.approx(bits, rel=1e-5)


def test_active_units_are_latents_whose_mean_varies(report, served, split):
    name, images = split
    means = served["encode"](images=tf.constant(images))["mean"].numpy()
    assert report["numbers"][name]["active_units"] == np.sum(means.var(axis=0) > 0.01)


def test_validation_numbers_are_those_of_the_best_epoch(report, run):
    rows = run.log.read_text().splitlines()
    names = rows[0].split(",")
    bounds = [float(row.split(",")[names.index("val_negative_elbo")]) for row in rows[1:]]
    assert report["training"]["best_epoch"] == 1 + int(np.argmin(bounds))
    assert report["numbers"]["validation"]["negative_elbo"] == pytest.approx(min(bounds), rel=1e-5)


def test_latents_are_ordered_by_their_kl(run, served):
    with np.load(run.examples) as examples:
        images, kl = examples["images"], examples["kl_per_latent"]
    code = {name: value.numpy() for name, value in served["encode"](images=tf.constant(images)).items()}
    expected = 0.5 * (code["mean"] ** 2 + code["stddev"] ** 2 - 1 - 2 * np.log(code["stddev"]))
    np.testing.assert_allclose(kl, expected.mean(axis=0), rtol=1e-4, atol=1e-5)


def test_what_a_report_says(report, run):
    assert report["data"]["images"] == {"train": 48, "validation": 10, "test": 6}
    assert report["training"]["steps"] == 5 * tiny.STEPS_PER_EPOCH
    assert report["training"]["epochs"] == 5
    seconds = report["training"]["seconds"]
    assert report["training"]["images_per_second"] == pytest.approx(5 * 48 / seconds, rel=0.1 / seconds + 1e-2)
    assert report["serving_version"] == 1
    assert report["machine"]["threads"] >= 1
    # 64·8 + 8 and 8·6 + 6 in the encoder; 3·8 + 8 and 8·64 + 64 in the decoder; σ.
    assert report["model"]["trainable_parameters"] == 520 + 54 + 32 + 576 + 1
    assert configuration.from_json(report["config"]) == configuration.read(run.config)
    text = (run.folder / "report.md").read_text()
    for part in ("48 train, 10 validation, 6 test", "8×8×1", "1,183 trainable parameters", "| mse at mean |"):
        assert part in text


def test_the_closing_words_name_files_that_exist(report, run):
    words = reports.closing(run, report).replace(",", " ").split()
    paths = [word for word in words if word.startswith(str(run.folder))]
    assert len(paths) >= 5
    assert f"{report['numbers']['test']['negative_elbo']:.2f}" in words
    for path in paths:
        assert run.folder.__class__(path).exists(), path


def test_a_package_that_is_not_installed():
    assert reports._version("no-such-package-anywhere") == "not installed"
    assert reports._version("numpy") == np.__version__
