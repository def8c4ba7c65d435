"""The section on reconstruction: planted faults in, figures that move the right way out."""

import json

import numpy as np
import planted
import pytest
from scipy import ndimage

from tfvae.evaluation import image_quality
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections import reconstruction
from tfvae.evaluation.sections.reconstruction import Reconstruction
from tfvae.files import load_arrays

COUNT = 300  # more than one batch


@pytest.fixture
def images(rng):
    found = ndimage.gaussian_filter(rng.random((COUNT, 16, 16, 1)), (0, 0.8, 0.8, 0))
    return np.clip(2 * found - 0.5, 0, 1).astype(np.float32)


def blur(batch):
    return ndimage.gaussian_filter(batch, (0, 1, 1, 0))


def noise(batch):
    return np.clip(batch + 0.1 * np.random.default_rng(0).normal(size=batch.shape), 0, 1).astype(np.float32)


def measure(images, reconstruct, folder, pixels="unit"):
    return Reconstruction().measure(planted.subject(images, planted.functions(reconstruct=reconstruct), pixels), folder)


def test_figures_are_means_over_all_images(images, tmp_path):
    found = measure(images, blur, tmp_path)
    each = image_quality.mean_squared_error(images, blur(images))
    figure = found.figures["mse"]
    assert figure.value == pytest.approx(each.mean())
    assert figure.standard_error == pytest.approx(each.std(ddof=1) / np.sqrt(COUNT))
    assert figure.better == "lower"
    stored = load_arrays(tmp_path / "per_image.npz")
    np.testing.assert_allclose(stored["mse"], each, rtol=1e-6)
    assert {array.shape for array in stored.values()} == {(COUNT,)}
    assert found.figures["ms_ssim_scales"].value == 1
    assert "grey" not in " ".join(found.figures)


def test_planted_faults(images, tmp_path):
    perfect, blurred, noisy = (
        {name: figure.value for name, figure in measure(images, fault, tmp_path).figures.items()}
        for fault in (lambda batch: batch, blur, noise)
    )
    assert perfect["mse"] == 0
    assert perfect["ssim"] == pytest.approx(1, abs=1e-6)
    assert perfect["high_frequency_ratio"] == pytest.approx(1)
    for faulty in (blurred, noisy):
        assert faulty["mse"] > 0
        assert faulty["mae"] > 0
        assert faulty["psnr"] < perfect["psnr"]
        assert faulty["ssim"] < 0.99
        assert faulty["ms_ssim"] < 0.99
    assert blurred["high_frequency_ratio"] < 0.5
    assert noisy["high_frequency_ratio"] > 1.1


def test_worst_and_best_are_shown(images, tmp_path, monkeypatch):
    images[7], images[290] = 0, 0.5  # in the first batch and in the second: told back perfectly, and not at all

    def reconstruct(batch):
        uniform = batch.max(axis=(1, 2, 3), keepdims=True) == batch.min(axis=(1, 2, 3), keepdims=True)
        return np.where(uniform, 2 * batch, 0.9 * batch)

    shown = []
    draw = reconstruction.pairs
    monkeypatch.setattr(
        reconstruction, "pairs", lambda *given, **options: shown.append(given) or draw(*given, **options)
    )
    found = measure(images, reconstruct, tmp_path)
    assert list(found.pictures) == ["random.png", "worst.png", "best.png"]
    (worst, worst_found), (best, best_found), (drawn, drawn_found) = shown
    assert (worst[0] == 0.5).all()
    assert (worst_found[0] == 1).all()
    assert (best[0] == 0).all()
    assert (best_found[0] == 0).all()
    errors = image_quality.mean_squared_error(images, reconstruct(images))
    np.testing.assert_allclose(image_quality.mean_squared_error(worst, worst_found), np.sort(errors)[::-1][:10])
    np.testing.assert_allclose(image_quality.mean_squared_error(best, best_found), np.sort(errors)[:10])
    assert len(drawn) == 40
    assert len(np.unique(drawn, axis=0)) == 40
    np.testing.assert_array_equal(drawn_found, reconstruct(drawn))


def test_binarised_images_are_measured_as_seen_and_as_grey(images, tmp_path):
    found = measure(images, lambda batch: np.full_like(batch, 0.5), tmp_path, "binarize")
    assert found.figures["mse"].value == pytest.approx(0.25)  # of zeros and ones
    grey = np.square(images - 0.5).mean()
    assert found.figures["mse_grey"].value == pytest.approx(grey, rel=1e-5)
    assert found.figures["high_frequency_ratio"].value == pytest.approx(0, abs=1e-12)
    assert any("binarised" in note for note in found.notes)


def test_pictures_and_report(images, tmp_path):
    found = measure(images[:4], blur, tmp_path)
    assert set(found.pictures) == {path.name for path in tmp_path.glob("*.png")}
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_protocol_says_what_decides(images):
    protocol = Reconstruction().protocol(planted.subject(images, None, "binarize", seed=3))
    assert (protocol["pixels"], protocol["seed"], protocol["ssim_window"], protocol["ms_ssim_scales"]) == (
        "binarize",
        3,
        11,
        1,
    )
    assert json.loads(json.dumps(protocol)) == protocol
