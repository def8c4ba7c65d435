"""The vector-quantised autoencoder: its codes, its objective, and all that a run of it writes."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfvae import describe, export, runs
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError
from tfvae.inference import pictures
from tfvae.inference.attributes import material
from tfvae.inference.flags import parse
from tfvae.inference.source import open_source, save
from tfvae.likelihoods import Gaussian
from tfvae.models import VQVAE
from tfvae.models.base import NoPriorError
from tfvae.networks import MLP, ResidualStack
from tfvae.quantizers import FiniteScalarQuantizer, VectorQuantizer
from tfvae.run_folder import Run

SHAPE, SIZE, SIGMA = (8, 12, 3), 3, 0.5
NETWORK = ResidualStack(hidden=6, residual=3)


def make(quantizer=None, seed=0, likelihood=None):
    quantizer = quantizer or VectorQuantizer(codes=5, commitment=0.5)
    parts = NETWORK.encoder(SHAPE, SIZE), NETWORK.decoder(SIZE, SHAPE)
    model = VQVAE(*parts, likelihood or Gaussian(scale=SIGMA), quantizer, seed=seed)
    model.compile(keras.optimizers.Adam(1e-2), run_eagerly=True)
    return model


@pytest.fixture
def images(rng):
    return rng.random((6, *SHAPE)).astype(np.float32)


@pytest.fixture
def model(images):
    model = make()
    NETWORK.adapt(model, lambda most: images[:most])
    model.adapt(lambda most: images[:most])
    return model


def test_codes_are_the_latents(model, images):
    codes = model.encode_codes(images)
    assert codes.dtype == tf.int32
    assert codes.shape == (6, *model.code_shape) == (6, 2, 3)
    assert len(np.unique(codes)) > 1
    latents = model.encode(images).mean()
    np.testing.assert_array_equal(model.quantizer.lookup(codes), latents)
    assert not np.any(model.encode(images).stddev())
    np.testing.assert_array_equal(model.decode_codes(codes).mean(), model.reconstruct(images))
    expected = model.decode(latents).log_prob(images)
    np.testing.assert_allclose(model.log_likelihood_of(images, codes), expected, rtol=1e-6)


def test_the_objective(model, images):
    noise = model.noise(6, tf.constant([0, 0]))
    terms = model.terms(images, noise)
    z_e, z_q = model.encoder(images).numpy(), model.encode(images).mean().numpy()
    commitment = 0.5 * np.sum(np.square(z_e - z_q), axis=(1, 2, 3))
    np.testing.assert_allclose(terms.added, commitment, rtol=1e-4)
    assert commitment.min() > 0
    assert not np.any(terms.kl)
    error = np.sum(np.square(images - model.reconstruct(images)), axis=(1, 2, 3))
    expected = -error / (2 * SIGMA**2) - 144 * np.log(2 * np.pi * SIGMA**2)
    np.testing.assert_allclose(terms.log_likelihood, expected, rtol=1e-4)
    model.reset_metrics()
    logs = model.train_step(tf.constant(images))
    assert float(logs["loss"]) == pytest.approx(np.mean(commitment - expected), rel=1e-4)
    assert float(logs["reconstruction"]) == pytest.approx(-np.mean(expected), rel=1e-4)


def test_validation_measures_the_likelihood_alone_and_learns_nothing(model, images):
    before = model.get_weights()
    logs = model.evaluate(images, batch_size=4, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "reconstruction", "mse", "sigma", "perplexity", "codes_used"}
    assert logs["loss"] == logs["reconstruction"]
    model.encode(images, training=True)
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
    counts = np.bincount(model.encode_codes(images).numpy().ravel(), minlength=5)
    np.testing.assert_array_equal(model.statistics()["code_counts"], counts)  # of all batches


def test_the_codebook_learns_once_a_step(model, images):
    before = model.quantizer.codebook.counts.numpy()
    codes = model.encode_codes(images).numpy().ravel()
    model.train_step(tf.constant(images))
    expected = 0.99 * before + 0.01 * np.bincount(codes, minlength=5)
    np.testing.assert_allclose(model.quantizer.codebook.counts, expected, rtol=1e-5)
    assert int(model.quantizer.revival.steps) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, images: model.sample(2),
        lambda model, images: model.elbo(images, tf.constant([0, 1])),
        lambda model, images: model.log_weights(images, 2, tf.constant([0, 1])),
    ],
    ids=["sample", "elbo", "log_weights"],
)
def test_what_needs_a_prior_is_refused(model, images, ask):
    with pytest.raises(NoPriorError, match="VQVAE has no prior"):
        ask(model, images)


def test_the_network_begins_with_latents_of_variance_one_and_the_mean_image(rng):
    images = (0.2 + 0.1 * rng.random((50, *SHAPE))).astype(np.float32)
    model = make(likelihood=Gaussian(scale="learned"))
    NETWORK.adapt(model, lambda most: images[:most])
    latents = model.encoder(images).numpy().reshape(-1, SIZE)
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(latents.std(axis=0), 1, atol=1e-3)
    blank = model.decode(np.zeros((1, 2, 3, SIZE), np.float32)).mean().numpy()
    assert np.abs(blank - images.mean(axis=(0, 1, 2))).max() < 0.02
    assert float(model.scale()) == pytest.approx(max(images.std(), 0.05), rel=0.05)


def test_the_quantiser_begins_from_the_encoder_s_outputs(images):
    model, asked = make(), []

    def given(most):
        asked.append(most)
        return images[:most]

    model.adapt(given)
    assert asked == [256]
    latents = model.encoder(images).numpy().reshape(-1, SIZE)
    codes, vectors = model.encode_codes(images).numpy().ravel(), model.quantizer.vectors().numpy()
    for code in range(5):
        np.testing.assert_allclose(vectors[code], latents[codes == code].mean(axis=0), rtol=1e-3, atol=1e-5)
    scalars = make(FiniteScalarQuantizer(levels=(5, 5, 5)))
    scalars.adapt(given)
    assert len(np.unique(scalars.encode_codes(images))) > 5


def test_bytes_and_back(model, images, tmp_path):
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    assert set(served) == {"serving_default", "encode", "decode", "compress", "decompress"}
    packed = served["compress"](images=tf.constant(images))["bytes"]
    assert packed.shape == (6,)
    assert {len(row) for row in packed.numpy()} == {3}  # 6 codes of 3 bits
    assert model.bits_per_pixel() == 8 * 3 / 96
    found = served["decompress"](bytes=packed)["images"]
    np.testing.assert_allclose(found, model.reconstruct(images), atol=1e-5)
    encoded = served["encode"](images=tf.constant(images))
    np.testing.assert_array_equal(encoded["codes"], model.encode_codes(images))
    decoded = served["decode"](codes=encoded["codes"])
    np.testing.assert_allclose(decoded["images"], found, atol=1e-5)
    assert set(decoded) == {"images", "stddev"}


@pytest.mark.parametrize(
    ("encoder", "decoder", "quantizer", "words"),
    [
        (NETWORK.encoder(SHAPE, 4), NETWORK.decoder(3, SHAPE), None, "puts out 4 values and the decoder takes 3"),
        (NETWORK.encoder((16, 12, 3), 3), NETWORK.decoder(3, SHAPE), None, r"decoder puts out \(8, 12, 3\)"),
        (MLP().encoder(SHAPE, 3), MLP().decoder(3, SHAPE), None, r"expected one shape \(h, w, D\) of both"),
        (
            NETWORK.encoder(SHAPE, 3),
            NETWORK.decoder(3, SHAPE),
            FiniteScalarQuantizer(levels=(5, 5)),
            "latents of 2 numbers, and the latents have 3",
        ),
    ],
    ids=["channels", "size", "vectors", "levels"],
)
def test_parts_that_do_not_fit(encoder, decoder, quantizer, words):
    with pytest.raises(ValueError, match=words):
        VQVAE(encoder, decoder, Gaussian(scale=1.0), quantizer)


def config_of(**model):
    given = {
        "family": Component("vqvae"),
        "network": Component("residual_stack", hidden=4),
        "latent_dim": 3,
        **{name: Component(value) if isinstance(value, str) else value for name, value in model.items()},
    }
    return Config(
        data=DataConfig(image_shape=SHAPE, num_images=10), model=ModelConfig(**given), train=TrainConfig(batch_size=5)
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"network": "mlp"}, "latents of vqvae are maps, and those of mlp are vectors: expected residual_stack"),
        ({"family": "vae"}, "latents of vae are vectors, and those of residual_stack are maps: expected halving_conv"),
        ({"family": "vae", "network": "mlp", "quantizer": "fsq"}, "quantizer is fsq: vae has no codes"),
        ({"kl_weight": "linear"}, "kl_weight is linear: vqvae has no KL term"),
        ({"quantizer": "vectors"}, "there is no quantizer 'vectors': did you mean 'vector'"),
        ({"quantizer": Component("vector", codes=1)}, "vector: codes is 1: expected from 2"),
        ({"quantizer": Component("vector", update="mean")}, "update='mean'"),
        ({"quantizer": Component("fsq", levels=(5, 5))}, "latents of 2 numbers, and the latents have 3"),
    ],
)
def test_configurations_that_cannot_be(model, words):
    with pytest.raises(UserError, match=words):
        runs.build(config_of(**model))


def test_described():
    text = describe.describe(config_of(quantizer=Component("vector", codes=10)))
    assert "latents: 2×3 codes of 10, vectors of 3: 3 bytes an image, 0.25 bits per pixel; no prior" in text
    assert "quantizer: vector(codes=10)" in text
    assert "KL" not in text


FLAGS = (
    "--config.model.family=vqvae",
    "--config.model.network=residual_stack(hidden=6,residual=3)",
    "--config.model.quantizer=vector(codes=6,revive_after=2)",
    "--config.model.kl_weight=constant",
    "--config.train.epochs=2",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("vqvae")
    data = tiny.save_pictures(place / "data", num_images=64)
    return tiny.train(data, place / "models", *FLAGS)


def test_a_run_and_its_report(folder):
    run = Run(folder)
    report = json.loads(run.report.read_text(encoding="utf-8"))
    assert "2×2 codes of 6, vectors of 3: 2 bytes an image, 0.25 bits per pixel" in report["model"]["latents"]
    assert report["model"]["latents"] in (folder / "report.md").read_text(encoding="utf-8")
    assert {"perplexity", "codes_used", "mse"} <= set(report["numbers"]["test"])
    assert {"active_units", "kl", "negative_elbo"}.isdisjoint(report["numbers"]["test"])
    with np.load(run.examples) as arrays:
        assert arrays["code_counts"].sum() == 6 * 4  # of the test images
    again, restored = runs.load(folder), runs.restore(run, runs.configuration.read(run.config))
    with np.load(run.examples) as arrays:
        np.testing.assert_array_equal(again.encode_codes(arrays["images"]), restored.encode_codes(arrays["images"]))


def test_pictures(folder, tmp_path):
    names = list(pictures.PICTURES)
    request = parse(["vae_inference.py", f"--run={folder}", f"--output_dir={tmp_path}"], tmp_path, names)
    files, left_out = tiny.pictured(open_source(request))
    assert {"reconstructions.png", "latents.npz", "code_maps.png", "code_usage.png"} <= set(files)
    reasons = {sentence.split()[0]: sentence for sentence in left_out}
    assert {"generations", "interpolation", "traversal"} <= set(reasons)
    assert "latents are codes: there is nothing between them" in reasons["interpolation"]
    paths = {path.name: path for path in save(files, tmp_path)}
    with np.load(paths["latents.npz"]) as arrays:
        assert arrays["codes"].shape[1:] == (2, 2)
        assert arrays["vectors"].shape == (*arrays["codes"].shape, 3)
    assert all(path.stat().st_size > 0 for path in paths.values())


def test_pictures_of_codes_are_not_made_of_other_models(tmp_path_factory, tmp_path):
    other, _ = tiny.finished(tmp_path_factory)
    names = list(pictures.PICTURES)
    flags = ["vae_inference.py", f"--run={other}", f"--output_dir={tmp_path}"]
    _, left_out = tiny.pictured(open_source(parse(flags, tmp_path, names)), ("originals",))
    assert not left_out
    with pytest.raises(UserError, match="code_usage cannot be made: the model's latents are no codes"):
        tiny.pictured(open_source(parse(flags, tmp_path, names)), ("code_usage",))
    assert not [
        name for name in pictures._meant_for(open_source(parse(flags, tmp_path, names)).model) if "code" in name
    ]


def test_attributes_are_refused(folder):
    with pytest.raises(UserError, match=r"of the family vqvae, are codes, to which no vector can be added"):
        material.find(folder, None, 0)


def test_evaluation(folder, tmp_path):
    found = tiny.evaluated(folder, tmp_path)
    for section in ("density", "samples", "latents", "anomaly"):
        assert "no prior" in found[section]["left_out"]
    assert "maps of codes" in found["probes"]["left_out"]
    assert found["reconstruction"]["mse"]
    report = json.loads(Run(folder).report.read_text(encoding="utf-8"))["numbers"]["test"]
    assert found["codes"]["perplexity"]["value"] == pytest.approx(report["perplexity"], rel=1e-4)
    assert found["codes"]["share_used"]["value"] == pytest.approx(report["codes_used"])
