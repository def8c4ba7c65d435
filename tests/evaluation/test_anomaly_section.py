"""The section on anomalies: a planted model that is blind to what some outliers lack."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import planted
import pytest
from PIL import Image

from tfvae.datasets.array_source import ArraySource
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections.anomaly import Anomaly
from tfvae.evaluation.subject import ImageSet
from tfvae.files import load_arrays

COUNT = 300
SCORES = ("elbo", "reconstruction", "kl", "squared_error", "typicality", "complexity", "statistics")


def smooth_model():
    """Says that the mean of an image is what it is: flat images are the likeliest."""

    def encode(batch):
        means = batch.reshape(len(batch), -1).mean(axis=1, keepdims=True)
        return means, np.full_like(means, 0.1)

    def reconstruct(batch):
        return np.broadcast_to(batch.mean(axis=(1, 2, 3), keepdims=True), batch.shape)

    def bound(batch, seed):
        return -50 * np.square(batch - reconstruct(batch)).sum(axis=(1, 2, 3)), np.square(encode(batch)[0])

    return planted.functions(encode=encode, reconstruct=reconstruct, bound=bound)


@pytest.fixture(scope="module")
def subject():
    """Noise as inliers; flat images (likelier) and black-and-white noise (less likely) as outliers."""
    rng = np.random.default_rng(0)
    noise = rng.integers(64, 192, (COUNT, 8, 8, 1), dtype=np.uint8)
    flat = np.broadcast_to(rng.integers(64, 192, (100, 1, 1, 1), dtype=np.uint8), (100, 8, 8, 1))
    harsh = (255 * rng.integers(0, 2, (60, 8, 8, 1))).astype(np.uint8)
    outliers = tuple(ImageSet(f"{n} test", ArraySource(x), "unit", 0) for n, x in (("flat", flat), ("harsh", harsh)))
    return replace_outliers(planted.subject(noise, smooth_model()), outliers)


def replace_outliers(subject, outliers):
    changed = replace(subject, outliers=outliers)
    vars(changed)["functions"] = smooth_model()
    return changed


@pytest.fixture(scope="module")
def measured(subject, tmp_path_factory):
    """What was found, and where."""
    folder = tmp_path_factory.mktemp("anomaly")
    return Anomaly().measure(subject, folder), folder


def test_outliers_on_either_side_of_the_likelihood(measured):
    found, _ = measured
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert figures["auroc_elbo_vs_flat"] == 0  # as plain likelihoods fail
    assert figures["auroc_elbo_vs_harsh"] == 1
    for name in ("typicality", "statistics"):
        assert min(figures[f"auroc_{name}_vs_flat"], figures[f"auroc_{name}_vs_harsh"]) > 0.99
    assert figures["average_precision_statistics_vs_flat"] > 0.99
    assert list(figures)[:7] == [f"auroc_{score}_vs_flat" for score in SCORES]
    assert all(figure.better == "higher" and figure.unit == "" for figure in found.figures.values())
    assert any("0.250 for flat, 0.167 for harsh" in note for note in found.notes)
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_scores_of_every_image_are_kept_and_pictures_drawn(measured):
    found, folder = measured
    stored = load_arrays(folder / "scores.npz")
    assert {name.rpartition(".")[0] for name in stored} == {"inliers", "outliers.flat", "outliers.harsh"}
    sizes = [stored[f"{name}.elbo"].shape for name in ("inliers", "outliers.flat", "outliers.harsh")]
    assert sizes == [(COUNT,), (100,), (60,)]
    assert set(found.pictures) == {
        f"{kind}_{name}.png" for kind in ("scores", "roc", "errors") for name in ("flat", "harsh")
    }
    for name in found.pictures:
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 100


def test_two_sets_of_one_name_stay_apart(subject, tmp_path):
    twice = replace_outliers(subject, (subject.outliers[0], subject.outliers[0]))
    figures = Anomaly().measure(twice, tmp_path).figures
    assert figures["auroc_elbo_vs_flat"] == figures["auroc_elbo_vs_flat_2"]


def test_binarised_images_are_coded_as_the_model_sees_them(subject, tmp_path):
    changed = replace(
        subject,
        images=replace(subject.images, pixels="binarize"),
        training=replace(subject.training, pixels="binarize"),
        outliers=tuple(replace(images, pixels="binarize") for images in subject.outliers),
    )
    vars(changed)["functions"] = smooth_model()
    assert Anomaly().protocol(changed)["complexity"] != Anomaly().protocol(subject)["complexity"]
    Anomaly().measure(changed, tmp_path)
    stored = load_arrays(tmp_path / "scores.npz")
    lengths = stored["inliers.elbo"] / np.log(2) - stored["inliers.complexity"]
    assert 0 < lengths.max() < 8 * 150  # 64 values as bits, and a header: as bytes they would be 8 · 64 bits more


def test_without_outliers_it_says_what_to_give(subject):
    assert "--outliers=" in Anomaly().left_out(replace(subject, outliers=()))
    assert Anomaly().left_out(subject) == ""


def test_the_protocol_is_plain_and_tells_outliers_apart(subject):
    protocol = Anomaly().protocol(subject)
    assert json.loads(json.dumps(protocol)) == protocol
    assert protocol != Anomaly().protocol(replace(subject, outliers=subject.outliers[:1]))


@pytest.mark.parametrize("module", ["anomaly", "probes"])
def test_no_tensorflow_for_an_answer_from_the_cache(module):
    code = f"import sys, tfvae.evaluation.sections.{module}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
