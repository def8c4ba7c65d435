"""A run whose prior is fitted after training: what it serves, loads, reports, and how it goes on."""

import dataclasses
import json

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf
import tiny

import tfvae
from tfvae import configuration, files, runs
from tfvae.configuration import Component
from tfvae.errors import UserError
from tfvae.evaluation import restored
from tfvae.priors import Mixture, StandardNormal
from tfvae.run_folder import Run
from tfvae.training import prior_fitting

# Codes must be elsewhere than the prior, for what a fitted one gains on them to be no matter of chance.
MODEL = ("--config.model.likelihood=gaussian(scale=0.05)", "--config.model.kl_weight=constant")
TRAINED = (*MODEL, "--config.train.learning_rate=0.02", "--config.train.epochs=5")
FITTED = ("--config.model.fitted_prior=mixture(components=2, covariance=full)", *TRAINED)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.save_pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    return Run(tiny.train(data, tmp_path_factory.mktemp("fitted"), *FITTED))


@pytest.fixture(scope="module")
def model(run):
    return tfvae.load(run.folder)


@pytest.fixture(scope="module")
def report(run):
    return json.loads(run.report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def images(data):
    with np.load(data) as file:
        return np.float32(file["images"] / 255)


def test_the_model_that_is_loaded_has_the_fitted_prior(run, model):
    assert isinstance(model.prior, Mixture)
    assert model.prior.components == 2
    for weight, stored in zip(model.prior.get_weights(), files.load_arrays(run.fitted_prior).values(), strict=True):
        np.testing.assert_array_equal(weight, stored)


def test_what_is_served_is_the_model_that_is_loaded(run, model, images):
    served = tf.saved_model.load(run.serving / "1").signatures
    seeds = np.int32([[0, i] for i in range(6)])
    found = served["sample"](seed=tf.constant(seeds), temperature=tf.ones(6))
    np.testing.assert_allclose(found["latents"], model.draw(seeds, tf.ones(6)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["images"], model.sample(6, seed=0), rtol=1e-4, atol=1e-5)
    found = served["score"](images=tf.constant(images[:6]), seed=tf.constant(seeds))
    noise = np.stack([model.noise(1, seed)[0] for seed in seeds])
    terms = model.terms(tf.constant(images[:6]), tf.constant(noise))
    np.testing.assert_allclose(found["kl"], terms.kl[:, 0], rtol=1e-4, atol=1e-4)


def test_the_kl_is_to_the_stored_mixture(model, images):
    """log q(z) − log p(z) with both densities from scipy."""
    noise = model.noise(len(images), tf.constant([4, 2]))
    q = model.encode(images)
    z = np.asarray(q.mean() + q.stddev() * noise, np.float64)
    components = model.prior.distribution().components_distribution
    means, covariances = np.asarray(components.mean(), np.float64), np.asarray(components.covariance(), np.float64)
    logits = model.prior.get_weights()[0].astype(np.float64)
    parts = [scipy.stats.multivariate_normal(m, c).logpdf(z) for m, c in zip(means, covariances, strict=True)]
    prior = scipy.special.logsumexp(np.stack(parts) + scipy.special.log_softmax(logits)[:, None], axis=0)
    posterior = scipy.stats.norm.logpdf(z, q.mean(), q.stddev()).sum(axis=1)
    terms = model.terms(tf.constant(images), noise)
    np.testing.assert_allclose(terms.kl[:, 0], posterior - prior, rtol=1e-3, atol=1e-3)


def test_pictures_are_not_told_a_kl_by_latent_that_the_model_does_not_have(run):
    assert set(files.load_arrays(run.examples)) == {"images"}


def test_the_mixture_fits_the_training_images_better_than_the_prior_of_training(run, model):
    config = configuration.read(run.config)
    latents = prior_fitting.posterior_draws(model, runs.load_data(config).train, config, 4, 0)
    assert latents.shape == (4 * 48, 3)
    before = StandardNormal()
    before.build((None, 3))
    assert np.mean(model.prior(latents)) > np.mean(before(latents))


def test_the_report_has_the_bound_under_both(run, report):
    found = report["fitted_prior"]
    assert found["prior"] == "mixture(components=2, covariance='full')"
    assert (found["latents"], found["draws_per_image"]) == (4 * 48, 4)
    assert set(found["gained"]) == set(found["under_the_trained_prior"]) == {"validation", "test"}
    rows = run.log.read_text().splitlines()
    names = rows[0].split(",")
    bounds = [float(row.split(",")[names.index("val_negative_elbo")]) for row in rows[1:]]
    trained, fitted = found["under_the_trained_prior"]["validation"], report["numbers"]["validation"]
    assert trained["negative_elbo"] == pytest.approx(min(bounds), rel=1e-5)
    assert fitted["reconstruction"] == trained["reconstruction"]  # with the same noise: the KL is all that differs
    assert fitted["kl"] != trained["kl"]
    text = (run.folder / "report.md").read_text(encoding="utf-8")
    for number in (trained["negative_elbo"], fitted["negative_elbo"], found["gained"]["validation"]["nats"]):
        assert f"{number:.2f}" in text


def test_what_is_gained_is_the_difference_of_the_bounds(run, model, report):
    """Over many draws of z: KL to a standard normal in closed form, less log q(z) − log p(z)."""
    config = configuration.read(run.config)
    source, count = runs.load_data(config).test, 400
    z = prior_fitting.posterior_draws(model, source, config, count, 0)
    images = np.concatenate([np.asarray(batch) for batch in _batches(source, config)])
    q = model.encode(images)
    closed = 0.5 * (q.mean() ** 2 + q.stddev() ** 2 - 1) - np.log(q.stddev())
    z = tf.constant(z.reshape(len(images), count, -1))
    one = np.asarray(q.log_prob(tf.transpose(z, [1, 0, 2])) - model.prior(tf.transpose(z, [1, 0, 2]))).T
    expected = np.sum(closed, axis=1) - one.mean(axis=1)
    gained = report["fitted_prior"]["gained"]["test"]
    spread = one.std(axis=1).max()  # of the one draw that the report has for each image
    assert abs(gained["nats"] - expected.mean()) < 5 * spread / np.sqrt(len(images))
    assert gained["standard_error"] > 0


def _batches(source, config):
    from tfvae.training import session

    return session.evaluation_batches(source, config)


def test_the_loaded_model_measures_what_the_report_says(model, report, run):
    config = configuration.read(run.config)
    found = model.evaluate(_batches(runs.load_data(config).test, config), verbose=0, return_dict=True)
    for name in ("negative_elbo", "kl", "mse"):
        assert found[name] == pytest.approx(report["numbers"]["test"][name], rel=1e-5)


def test_evaluation_measures_the_model_with_the_fitted_prior(run, model, images, tmp_path):
    config = configuration.read(run.config)
    functions = restored.restore(run, config)
    seeds = np.int32([[7, i] for i in range(5)])
    np.testing.assert_allclose(functions.prior(5, 7), model.draw(seeds, tf.ones(5)), rtol=1e-5, atol=1e-6)
    _, kl = functions.bound(images, 3)
    terms = model.terms(tf.constant(images), model.noise(len(images), tf.constant([3, 0])))
    np.testing.assert_allclose(kl, terms.kl, rtol=1e-4, atol=1e-4)
    run.fitted_prior.rename(tmp_path / "prior.npz")
    try:
        with pytest.raises(UserError, match="has no fitted prior yet: finish it first"):
            restored.restore(run, config)
    finally:
        (tmp_path / "prior.npz").rename(run.fitted_prior)


def test_a_run_that_is_stopped_while_it_fits_ends_as_one_that_was_not(run, report, data, tmp_path, monkeypatch, capsys):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    for place, name in ((Mixture, "fit"), (prior_fitting, "save_arrays"), (prior_fitting, "_gain")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, stopped)
            assert tiny.script.run(tiny.flags(data, tmp_path, *FITTED)) == 130
        assert not (tmp_path / "run" / "report.json").exists()
    again = Run(tiny.train(data, tmp_path, *FITTED))
    for name in ("last.npz", "best.npz", "prior.npz"):
        tiny.assert_same_arrays(again.checkpoints / name, run.checkpoints / name)
    found = json.loads(again.report.read_text(encoding="utf-8"))
    assert found["numbers"] == report["numbers"]
    assert found["fitted_prior"] == report["fitted_prior"] | {"seconds": found["fitted_prior"]["seconds"]}
    capsys.readouterr()


def test_training_is_what_it_is_without(run, data, tmp_path):
    plain = Run(tiny.train(data, tmp_path, *TRAINED))
    for name in ("last.npz", "best.npz"):
        tiny.assert_same_arrays(plain.checkpoints / name, run.checkpoints / name)
    assert not plain.fitted_prior.exists()
    assert "fitted_prior" not in json.loads(plain.report.read_text(encoding="utf-8"))


def test_another_run_starts_from_its_networks(run, data, tmp_path):
    still = (*MODEL, "--config.train.learning_rate=1e-9", "--config.train.epochs=1", f"--init_from={run.folder}")
    begun = Run(tiny.train(data, tmp_path, *still))
    pairs = zip(*(tiny.arrays(one.checkpoints / "best.npz") for one in (begun, run)), strict=True)
    assert max(np.abs(one - other).max() for one, other in pairs) < 1e-6


def test_the_loaded_model_goes_on_with_the_prior_as_it_is(run, images):
    model = tfvae.load(run.folder)
    before = model.prior.get_weights()
    steps = int(model.optimizer.iterations)
    model.fit(images, epochs=1, batch_size=16, verbose=0)
    assert int(model.optimizer.iterations) == steps + 4
    for one, other in zip(model.prior.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_that_is_begun_afresh_keeps_no_fitted_prior(data, tmp_path):
    first = Run(tiny.train(data, tmp_path, FITTED[0], "--config.train.epochs=1"))
    assert first.fitted_prior.exists()
    tiny.train(data, tmp_path, "--config.train.epochs=1", "--overwrite")
    assert not first.fitted_prior.exists()


def test_a_fitted_prior_that_loses_on_validation_images_is_not_used(data, tmp_path, monkeypatch, capsys):
    """Of networks that do nothing yet codes are about standard normal, and 48 images tell less than that."""
    flags = ("--config.train.epochs=1", "--config.train.learning_rate=1e-9", "--config.model.latent_dim=20")
    plain = Run(tiny.train(data, tmp_path, *flags, name="plain"))
    flags = (*flags, "--config.model.fitted_prior=mixture(components=4, covariance=full)")
    with monkeypatch.context() as patch:
        patch.setattr(prior_fitting, "save_arrays", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert tiny.script.run(tiny.flags(data, tmp_path, *flags)) == 130
    capsys.readouterr()
    kept = Run(tiny.train(data, tmp_path, *flags))
    tiny.assert_same_arrays(kept.checkpoints / "best.npz", plain.checkpoints / "best.npz")
    expected, found = (json.loads(one.report.read_text(encoding="utf-8")) for one in (plain, kept))
    assert found["numbers"] == expected["numbers"]
    gained = found["fitted_prior"]["gained"]["validation"]["nats"]
    assert gained < 0
    assert not found["fitted_prior"]["used"]
    words = f"kept the prior of training: the fitted one loses {-gained:.2f} ± "
    assert words in (kept.folder / "report.md").read_text(encoding="utf-8")
    assert words in capsys.readouterr().out
    config = configuration.read(kept.config)
    assert isinstance(runs.restore(kept, config).prior, StandardNormal)
    assert isinstance(tfvae.load(kept.folder).prior, StandardNormal)
    seed = {"seed": tf.constant([[0, 1]]), "temperature": tf.ones(1)}
    one, other = (tf.saved_model.load(run.serving / "1").signatures["sample"](**seed) for run in (plain, kept))
    np.testing.assert_array_equal(one["latents"], other["latents"])


def test_without_validation_images_it_is_used_and_the_report_says_so(run, model, report, monkeypatch, tmp_path):
    config = configuration.read(run.config)
    splits = dataclasses.replace(runs.load_data(config), validation=None)
    monkeypatch.setattr(prior_fitting, "_gain", lambda *_: {"nats": -5.0, "standard_error": 1.0})
    trained = model.with_prior(StandardNormal())
    fitted, found = prior_fitting.replace(trained, runs.unfitted_prior(config), splits, config, Run(tmp_path))
    assert isinstance(fitted.prior, Mixture)
    assert found["used"]
    assert len(files.load_arrays(Run(tmp_path).fitted_prior)) == len(fitted.prior.weights)
    found["under_the_trained_prior"] = report["fitted_prior"]["under_the_trained_prior"]
    assert "nothing checked" in prior_fitting.sentences(report | {"fitted_prior": found})[1]


def test_too_few_images_are_refused_before_anything_is_read_or_written(data, tmp_path, capsys):
    flags = tiny.flags(data, tmp_path, "--config.model.fitted_prior=mixture(components=5)")
    assert tiny.script.run(flags) == 2
    words = capsys.readouterr().err
    assert "of 48 training images: expected at least 50 images, or fewer components" in words
    assert "--config.model.fitted_prior=none keeps the prior of training" in words
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("num_images", "draws"), [(1, 4), (12_500, 4), (12_501, 3), (25_000, 2), (50_000, 1), (10**6, 1)]
)
def test_the_more_images_the_fewer_draws_of_each(num_images, draws):
    assert prior_fitting.num_draws(num_images) == draws


def test_it_is_fitted_to_no_more_images_than_is_said(run, model, monkeypatch, tmp_path):
    monkeypatch.setattr(prior_fitting, "MAX_LATENTS", 20)
    config = configuration.read(run.config)
    splits = runs.load_data(config)
    assert splits.train.num_images > 20
    _, found = prior_fitting.replace(model, runs.unfitted_prior(config), splits, config, Run(tmp_path))
    assert (found["latents"], found["draws_per_image"]) == (20, 1)


def test_latents_are_draws_from_q_of_each_image_in_order(run, model):
    config = configuration.read(run.config)
    source = runs.load_data(config).train
    z = prior_fitting.posterior_draws(model, source, config, 300, 0).reshape(48, 300, 3)
    np.testing.assert_array_equal(z.reshape(-1, 3), prior_fitting.posterior_draws(model, source, config, 300, 0))
    q = model.encode(np.concatenate([np.asarray(batch) for batch in _batches(source, config)]))
    error = np.asarray(q.stddev()) / np.sqrt(300)
    assert (np.abs(z.mean(axis=1) - q.mean()) < 5 * error).all()
    np.testing.assert_allclose(z.std(axis=1), q.stddev(), rtol=0.25)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fitted_prior": "mixtur"}, "config.model.fitted_prior: there is no prior 'mixtur': did you mean 'mixture'?"),
        ({"fitted_prior": "non"}, "did you mean 'none'?"),
        ({"fitted_prior": "standard_normal"}, "standard_normal has nothing to fit: expected none, mixture"),
        ({"fitted_prior": "mixture(components=0)"}, "mixture: components is 0: expected from 1 to 1000"),
        ({"fitted_prior": "mixture(covariance=tied)"}, "mixture(covariance='tied'): expected Literal"),
        ({"fitted_prior": "none(components=3)"}, "there is no prior 'none'"),
        ({"prior": "none"}, "config.model.prior: there is no prior 'none'"),
        ({"fitted_prior": "mixture", "prior": "mixture"}, "config.model.prior: mixture learns in training what"),
        ({"fitted_prior": "mixture", "family": "autoencoder"}, "fitted_prior is mixture: autoencoder has no prior"),
        ({"kl_weight": "free_bits", "prior": "mixture"}, "free_bits needs the KL of each latent, and config"),
    ],
)
def test_faults_of_the_configuration(values, words):
    from tfvae import checks

    config = configuration.Config()
    for name, text in values.items():
        setattr(config.model, name, Component.parse(text))
    (found,) = checks.faults(config)
    assert words in found
