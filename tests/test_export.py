"""The SavedModel that is served: what it takes and gives, and that nothing of ours is needed to use it."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tiny

import tfvae
from tfvae import export, runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig

SHAPE, LATENTS = (8, 6, 3), 3
IMAGES, CODES, ROWS = (None, *SHAPE), (None, LATENTS), (None,)
# The table of the specification.
SIGNATURES = {
    "serving_default": ({"images": IMAGES}, {"reconstructions": IMAGES}),
    "encode": ({"images": IMAGES}, {"mean": CODES, "stddev": CODES}),
    "decode": ({"latents": CODES}, {"images": IMAGES, "stddev": IMAGES}),
    "sample": ({"seed": (None, 2), "temperature": ROWS}, {"images": IMAGES, "latents": CODES}),
    "score": ({"images": IMAGES, "seed": (None, 2)}, {"elbo": ROWS, "log_likelihood": ROWS, "kl": ROWS}),
}


def build(likelihood="gaussian", **options):
    config = Config(
        data=DataConfig(Component("arrays"), image_shape=SHAPE, num_images=40),
        model=ModelConfig(
            latent_dim=LATENTS, network=Component("mlp", units=(8,)), likelihood=Component(likelihood, **options)
        ),
        train=TrainConfig(batch_size=20),
    )
    if likelihood == "bernoulli":
        config.data.pixels = "binarize"
    return runs.build(config)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that has learned a little, and the images it did so from."""
    model = build()
    model.fit(tiny.pictures(40, SHAPE).astype(np.float32) / 255, epochs=3, verbose=0)
    return model


@pytest.fixture(scope="module")
def images():
    return tiny.pictures(5, SHAPE, seed=1).astype(np.float32) / 255


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return export.export(model, tmp_path_factory.mktemp("serving"))


@pytest.fixture(scope="module")
def served(folder):
    return tf.saved_model.load(folder).signatures


def specs(structure):
    return {name: (tuple(spec.shape), spec.dtype) for name, spec in structure.items()}


def test_names_types_and_axes(served):
    assert set(served) == set(SIGNATURES)
    for name, (inputs, outputs) in SIGNATURES.items():
        types = {key: (shape, tf.int32 if key == "seed" else tf.float32) for key, shape in inputs.items()}
        assert specs(served[name].structured_input_signature[1]) == types, name
        types = {key: (shape, tf.float32) for key, shape in outputs.items()}
        assert specs(served[name].structured_outputs) == types, name


@pytest.mark.parametrize(
    ("likelihood", "options", "stddev"),
    [
        ("gaussian", {"scale": 0.2}, True),
        ("gaussian", {"scale": "optimal"}, True),
        ("gaussian", {"scale": "per_pixel"}, True),
        ("bernoulli", {}, False),
        ("laplace", {}, False),
    ],
)
def test_the_decoder_s_deviation_is_given_where_it_is_gaussian(likelihood, options, stddev, tmp_path):
    model = build(likelihood, **options)
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures["decode"]
    z = np.random.default_rng(0).normal(size=(2, LATENTS)).astype(np.float32)
    found = served(latents=tf.constant(z))
    assert ("stddev" in found) == stddev
    np.testing.assert_allclose(found["images"], model.decode(z).mean(), rtol=1e-5, atol=1e-6)
    if stddev:
        np.testing.assert_allclose(found["stddev"], model.decode(z).stddev(), rtol=1e-5, atol=1e-6)


def test_sample_follows_the_seed_of_its_row_and_the_temperature(served, model):
    seeds, temperatures = np.int32([[3, 4], [5, 6], [3, 4], [3, 4]]), np.float32([1.0, 1.0, 1.0, 0.5])
    together = served["sample"](seed=tf.constant(seeds), temperature=tf.constant(temperatures))
    images, z = together["images"].numpy(), together["latents"].numpy()
    np.testing.assert_array_equal(images[0], images[2])
    assert not np.allclose(z[0], z[1])
    np.testing.assert_allclose(z[3], 0.5 * z[0], rtol=1e-6)
    for row in range(4):
        alone = served["sample"](
            seed=tf.constant(seeds[row : row + 1]), temperature=tf.constant(temperatures[row:][:1])
        )
        np.testing.assert_array_equal(alone["latents"][0], z[row])
    cold = served["sample"](seed=tf.constant(seeds), temperature=tf.zeros(4))
    np.testing.assert_array_equal(cold["latents"], np.zeros((4, LATENTS), np.float32))
    np.testing.assert_allclose(cold["images"][0], model.decode(np.zeros((1, LATENTS))).mean()[0], rtol=1e-5, atol=1e-6)
    many = np.stack([np.zeros(4000, np.int32), np.arange(4000, dtype=np.int32)], axis=1)
    z = served["sample"](seed=tf.constant(many), temperature=tf.ones(4000))["latents"].numpy()
    assert np.abs(z.mean(axis=0)).max() < 5 / np.sqrt(4000)
    assert np.abs(z.var(axis=0) - 1).max() < 5 * np.sqrt(2 / 4000)


def test_score_is_the_bound(served, model, images):
    """Against the densities in numpy, from the encoder and the decoder as they are served."""
    code = {
        name: value.numpy().astype(np.float64) for name, value in served["encode"](images=tf.constant(images)).items()
    }
    mean, stddev = code["mean"], code["stddev"]
    kl = 0.5 * np.sum(mean**2 + stddev**2 - 1 - 2 * np.log(stddev), axis=1)
    noise, draws = np.random.default_rng(0).normal(size=(400, *mean.shape)), []
    for one in noise:
        decoded = served["decode"](latents=tf.constant((mean + stddev * one).astype(np.float32)))
        at, by = (decoded[name].numpy().astype(np.float64) for name in ("images", "stddev"))
        density = -0.5 * ((images - at) / by) ** 2 - np.log(by) - 0.5 * np.log(2 * np.pi)
        draws.append(density.sum(axis=(1, 2, 3)))
    repeated = tf.constant(np.repeat(images, 400, axis=0))
    seeds = np.stack([np.full(2000, 7, np.int32), np.arange(2000, dtype=np.int32)], axis=1)
    found = {
        name: value.numpy().reshape(5, 400)
        for name, value in served["score"](images=repeated, seed=tf.constant(seeds)).items()
    }
    np.testing.assert_allclose(found["elbo"], found["log_likelihood"] - found["kl"], rtol=1e-5)
    np.testing.assert_allclose(found["kl"], np.repeat(kl[:, None], 400, axis=1), rtol=1e-4, atol=1e-4)
    expected, likelihood = np.stack(draws, axis=1), found["log_likelihood"]
    error = np.sqrt(expected.var(axis=1) / 400 + likelihood.var(axis=1) / 400)
    assert (np.abs(expected.mean(axis=1) - likelihood.mean(axis=1)) < 5 * error + 1e-3).all()
    again = served["score"](images=tf.constant(images[:1]), seed=tf.constant(seeds[3:4]))
    np.testing.assert_allclose(again["log_likelihood"][0], likelihood[0, 3], rtol=1e-5)


def test_batches_of_any_size(served, images):
    for size in (0, 1, 5):
        inputs = {
            "images": images[:size],
            "latents": np.zeros((size, LATENTS), np.float32),
            "seed": np.zeros((size, 2), np.int32),
            "temperature": np.ones(size, np.float32),
        }
        for name, (arguments, outputs) in SIGNATURES.items():
            found = served[name](**{key: tf.constant(inputs[key]) for key in arguments})
            assert {key: value.shape[0] for key, value in found.items()} == dict.fromkeys(outputs, size)


ALONE = """
import importlib.abc, json, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tfvae", "tensorflow_probability", "tf_keras"):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Refuse())
import numpy as np
import tensorflow as tf

for name in ("tfvae", "tensorflow_probability", "tf_keras"):
    try:
        __import__(name)
    except ImportError:
        continue
    sys.exit(f"{name} can be imported")
folder, inputs, outputs = sys.argv[1:]
signatures = tf.saved_model.load(folder).signatures
given = dict(np.load(inputs))
found = {}
for name, signature in signatures.items():
    names = signature.structured_input_signature[1]
    for key, value in signature(**{key: tf.constant(given[key]) for key in names}).items():
        found[f"{name}.{key}"] = value.numpy()
np.savez(outputs, **found)
"""


def test_it_needs_nothing_of_ours(folder, model, images, tmp_path):
    z = np.random.default_rng(0).normal(size=(5, LATENTS)).astype(np.float32)
    seeds = np.stack([np.full(5, 1, np.int32), np.arange(5, dtype=np.int32)], axis=1)
    np.savez(tmp_path / "inputs.npz", images=images, latents=z, seed=seeds, temperature=np.ones(5, np.float32))
    command = [sys.executable, "-I", "-c", ALONE, str(folder), str(tmp_path / "inputs.npz"), str(tmp_path / "out.npz")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    outputs = np.load(tmp_path / "out.npz")
    q = model.encode(images)
    expected = {
        "serving_default.reconstructions": model.reconstruct(images),
        "encode.mean": q.mean(),
        "encode.stddev": q.stddev(),
        "decode.images": model.decode(z).mean(),
        "sample.images": model.sample(5, seed=1),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    outputs.close()


def test_what_a_run_serves_is_its_weights_once_and_no_optimiser(tmp_path_factory):
    folder, _ = tiny.finished(tmp_path_factory)
    held = tf.train.list_variables(str(folder / "serving" / "1" / "variables" / "variables"))
    size = sum(int(np.prod(shape)) for name, shape in held if "CHECKPOINTABLE" not in name)
    weights = sum(array.size for array in tiny.arrays(folder / "checkpoints" / "best.npz"))
    assert size == weights


# Versions.


def write_nothing(model, path):
    path.mkdir()
    (path / "saved_model.pb").write_text(str(model))


def test_versions_count_up(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_write", write_nothing)
    assert export.export(1, tmp_path / "serving") == tmp_path / "serving" / "1"
    (tmp_path / "serving" / "9").mkdir()
    for other in ("notes", "007", "-3", ".10.partial"):
        (tmp_path / "serving" / other).mkdir()
    assert export.versions(tmp_path / "serving") == [1, 9]
    assert export.export(2, tmp_path / "serving").name == "10"
    assert export.next_version(tmp_path / "none") == 1


def test_a_version_is_written_once(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_write", write_nothing)
    for model in ("first", "second"):
        assert export.export(model, tmp_path, 4).name == "4"
    assert (tmp_path / "4" / "saved_model.pb").read_text() == "first"


def test_an_interrupted_export_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(model, path):
        write_nothing(model, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export.export(1, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_library_exports_too(tmp_path, images):
    network = tfvae.networks.MLP((8,))
    model = tfvae.VAE(network.encoder(SHAPE, 2 * LATENTS), network.decoder(LATENTS, SHAPE))
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    found = served["serving_default"](images=tf.constant(images))["reconstructions"]
    np.testing.assert_allclose(found, model.reconstruct(images), rtol=1e-5, atol=1e-6)
