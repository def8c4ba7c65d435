"""The section on latents: planted models whose use of latents is known."""

import json
import subprocess
import sys

import numpy as np
import planted
import pytest
from PIL import Image

from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections import latents
from tfvae.evaluation.sections.latents import Latents
from tfvae.files import load_arrays

COUNT = 300


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch):
    monkeypatch.setattr(latents, "_TEST_DRAWS", COUNT)
    monkeypatch.setattr(latents, "_HISTOGRAM_DRAWS", 1000)


@pytest.fixture
def images(rng):
    return rng.random((COUNT, 3, 3, 1)).astype(np.float32)


def encoder(used, size=4, shift=0.0, by_latent=True):
    """`used` latents tell one pixel each and have, with it, the variance 1; the others are the prior's."""

    def encode(batch):
        codes = np.sqrt(12) * (batch.reshape(len(batch), -1)[:, :size] - 0.5)  # variance 1
        active = np.arange(size) < used
        means = np.where(active, 0.9 * codes + shift, 0)
        return means, np.broadcast_to(np.where(active, np.sqrt(1 - 0.81), 1), means.shape)

    def bound(batch, seed):
        means, stddevs = encode(batch)
        kl = 0.5 * (means**2 + stddevs**2 - 1) - np.log(stddevs)
        return np.zeros(len(batch)), kl if by_latent else kl.sum(axis=1, keepdims=True)

    def prior(number, seed):
        return np.random.default_rng(seed + 1).normal(size=(number, size))

    return planted.functions(encode=encode, bound=bound, prior=prior)


def measure(images, functions, folder):
    return Latents().measure(planted.subject(images, functions), folder)


def test_a_model_that_uses_half_its_latents(images, tmp_path):
    found = measure(images, encoder(used=2), tmp_path)
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert (figures["latents"], figures["active_units"], figures["active_units_kl"]) == (4, 2, 2)
    assert figures["mutual_information"] + figures["marginal_kl"] == pytest.approx(figures["kl"])
    assert figures["mutual_information_ceiling"] == pytest.approx(np.log(COUNT))
    assert 0 < figures["mutual_information"] < figures["kl"] + 0.1
    assert figures["aggregate_variance"] == pytest.approx(1, abs=0.05)
    assert not [note for note in found.notes if note.startswith(("Posterior collapse", "Only"))]
    stored = load_arrays(tmp_path / "latents.npz")
    assert stored["mean"].shape == stored["stddev"].shape == (COUNT, 4)
    assert stored["kl_per_latent"].sum() == pytest.approx(figures["kl"], rel=1e-5)
    assert (stored["kl_per_latent"][2:] == 0).all()


def test_collapsed_latents(images, tmp_path):
    found = measure(images, encoder(used=0), tmp_path)
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert figures["active_units"] == figures["active_units_kl"] == 0
    assert figures["mutual_information"] == pytest.approx(0, abs=1e-9)
    assert figures["prior_mismatch_p_value"] > 0.05
    assert found.notes[0].startswith("Posterior collapse")


def test_an_aggregate_posterior_beside_the_prior(images, tmp_path):
    near = measure(images, encoder(used=4), tmp_path).figures
    far = measure(images, encoder(used=4, shift=1.0), tmp_path).figures
    assert far["prior_mismatch_p_value"].value == 0.001
    assert far["prior_mismatch"].value > near["prior_mismatch"].value + 0.05
    assert far["marginal_kl"].value == pytest.approx(near["marginal_kl"].value + 2, abs=0.3)  # 4 latents of ½·1²
    assert far["aggregate_mean"].value == pytest.approx(1, abs=0.1)


def test_a_kl_that_is_no_sum_over_latents(images, tmp_path):
    whole = measure(images, encoder(used=2), tmp_path).figures["kl"]
    found = measure(images, encoder(used=2, by_latent=False), tmp_path)
    assert "active_units_kl" not in found.figures
    assert "kl_per_latent" not in load_arrays(tmp_path / "latents.npz")
    assert found.figures["kl"].value == pytest.approx(whole.value)
    assert any("no sum over latents" in note for note in found.notes)


@pytest.mark.parametrize("size", [1, 4])
def test_pictures_and_report(images, tmp_path, size):
    found = measure(images, encoder(used=1, size=size), tmp_path)
    assert set(found.pictures) == {path.name for path in tmp_path.glob("*.png")}
    for name in found.pictures:
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 150
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_single_image_is_too_few(images):
    assert "two or more" in Latents().left_out(planted.subject(images[:1], encoder(used=1)))
    assert Latents().left_out(planted.subject(images[:2], encoder(used=1))) == ""


def test_same_seed_same_figures(images, tmp_path):
    assert measure(images, encoder(used=3), tmp_path) == measure(images, encoder(used=3), tmp_path)


def test_protocol_needs_no_tensorflow():
    code = (
        "import sys, json, numpy as np; sys.path.insert(0, 'tests/evaluation'); import planted\n"
        "from tfvae.evaluation.sections import SECTIONS\n"
        "subject = planted.subject(np.zeros((2, 28, 28, 1), np.float32), None)\n"
        "for name in ('latents', 'reconstruction'): json.dumps(SECTIONS[name]().protocol(subject))\n"
        "print('tensorflow' in sys.modules)"
    )
    root = __file__.rsplit("/tests/", 1)[0]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
