"""The section on samples: planted faults in, figures that move the right way out."""

import json
from types import SimpleNamespace

import numpy as np
import planted
import pytest
from PIL import Image
from scipy import ndimage

from tfvae.datasets.array_source import ArraySource
from tfvae.errors import UserError
from tfvae.evaluation import memorisation, sample_pictures
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections.samples import Samples
from tfvae.evaluation.subject import ImageSet, Options, Subject
from tfvae.plotting import Score, anchored

COUNT = 400  # more than one batch
GRID = np.arange(12)


def blobs(latents):
    """Images (N, 12, 12, 1) in [0, 1]: a blob whose place, height and width are given by z (N, 4) in [0, 1]."""
    y, x, tall, wide = (value[:, None, None] for value in np.asarray(latents, np.float64).T)
    squares = ((GRID[:, None] - 2 - 7 * y) / (1 + tall)) ** 2 + ((GRID - 2 - 7 * x) / (1 + wide)) ** 2
    return np.exp(-squares / 2)[..., None].astype(np.float32)


def latents(count, seed):
    return np.random.default_rng(seed).random((count, 4))


def as_uint8(images):
    return np.rint(images * 255).astype(np.uint8)


TRAINING, TEST = as_uint8(blobs(latents(900, 1))), as_uint8(blobs(latents(COUNT, 2)))


def subject(
    decode=blobs,
    reconstruct=lambda batch: batch,
    training=TRAINING,
    test=TEST,
    labels=None,
    pixels="unit",
    **options,
):
    """A perfect model, but for what is given."""
    given = Options(**{"extractor": "pixels(size=6)", "seed": 3, **options})
    sources = {"test": ArraySource(test), "train": ArraySource(training, labels)}
    sets = [ImageSet(name, source, pixels, 0) for name, source in sources.items()]
    found = Subject("planted", SimpleNamespace(), SimpleNamespace(), *sets, (), given)
    vars(found)["functions"] = planted.functions(decode=decode, reconstruct=reconstruct, prior=latents)
    return found


def values(found, folder):
    """Name → value of each figure, and `kernel_errors`, how many standard errors the kernel distance is above 0."""
    figures = Samples().measure(found, folder).figures
    errors = figures["kernel_distance"].value / figures["kernel_distance"].standard_error
    return {**{name: figure.value for name, figure in figures.items()}, "kernel_errors": errors}


@pytest.fixture(scope="module")
def perfect(tmp_path_factory):
    return values(subject(), tmp_path_factory.mktemp("perfect"))


def test_a_perfect_model_scores_as_test_images_do(perfect):
    assert perfect["frechet_distance"] < 2 * perfect["frechet_distance_of_real_images"]
    for name in ("precision", "recall", "density", "coverage"):
        assert perfect[name] == pytest.approx(perfect[f"{name}_of_real_images"], abs=0.12)
        # Reconstructions are the test images here, so they score the same in every measure.
        assert perfect[f"{name}_of_reconstructions"] == perfect[f"{name}_of_real_images"]
    assert perfect["kernel_errors"] < 3
    assert perfect["memorisation_ratio"] == pytest.approx(1, abs=0.15)
    assert perfect["memorisation_ratio_of_reconstructions"] == 1


def blurred(z):
    return ndimage.gaussian_filter(blobs(z), (0, 2, 2, 0))


def noisy(z):
    return np.clip(blobs(z) + 0.2 * np.random.default_rng(0).normal(size=(len(z), 12, 12, 1)), 0, 1)


@pytest.mark.parametrize("extractor", ["pixels(size=12)", "random"])
@pytest.mark.parametrize("fault", [blurred, noisy])
def test_blur_and_noise(fault, extractor, tmp_path):
    found = values(subject(fault, extractor=extractor), tmp_path)
    assert found["frechet_distance"] > 2 * found["frechet_distance_of_real_images"]
    assert found["kernel_errors"] > 5
    assert found["kernel_distance"] > 3 * abs(found["kernel_distance_of_real_images"])
    for name in ("precision", "density"):
        assert found[name] < 0.9 * found[f"{name}_of_real_images"]


def test_dropped_classes(perfect, tmp_path):
    found = values(subject(lambda z: blobs(z * [0.4, 1, 1, 1])), tmp_path)  # none in the lower half
    assert found["frechet_distance"] > 5 * perfect["frechet_distance"]
    assert found["recall"] < 0.75 * perfect["recall"]
    assert found["coverage"] < 0.75 * perfect["coverage"]
    assert found["precision"] > perfect["precision"] - 0.05


def test_memorised_images(perfect, tmp_path):
    found = Samples().measure(
        subject(lambda z: TRAINING[(np.asarray(z)[:, 0] * 900).astype(int)].astype(np.float32) / 255), tmp_path
    )
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert figures["precision"] >= perfect["precision"]
    assert figures["nearest_training_distance"] == pytest.approx(0, abs=1e-6)
    assert figures["memorisation_ratio"] == pytest.approx(0, abs=1e-4)
    assert perfect["nearest_training_distance"] > 0.01
    assert "may be copies" in " ".join(found.notes)


def test_blur_alone_is_not_called_copying(tmp_path):
    model = subject(blurred, reconstruct=lambda batch: ndimage.gaussian_filter(batch, (0, 2, 2, 0)))
    assert "copies" not in " ".join(Samples().measure(model, tmp_path).notes)


def test_samples_that_are_too_typical_are_said(tmp_path):
    found = Samples().measure(subject(lambda z: blobs(0.3 + 0.4 * z)), tmp_path)  # none at the edges of the data
    assert found.figures["density"].value > found.figures["density_of_real_images"].value
    assert any("density of samples is above that of real images" in note for note in found.notes)


def test_figures_have_directions_errors_and_pictures(tmp_path):
    found = Samples().measure(subject(), tmp_path)
    assert {found.figures[name].better for name in ("frechet_distance", "kernel_distance")} == {"lower"}
    assert {found.figures[name].better for name in ("precision", "recall", "density", "coverage")} == {"higher"}
    without = {name for name, figure in found.figures.items() if figure.standard_error is None}
    assert without == {f"frechet_distance{end}" for end in ("", "_of_reconstructions", "_of_real_images")}
    assert list(found.pictures) == ["samples.png", "scores.png", "nearest.png"]
    assert {path.name for path in tmp_path.iterdir()} == set(found.pictures)
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_same_seed_same_figures(perfect, tmp_path):
    assert values(subject(), tmp_path) == perfect
    assert values(subject(seed=4), tmp_path)["frechet_distance"] != perfect["frechet_distance"]


def test_few_images_for_the_features_are_said(tmp_path):
    (note,) = Samples().measure(subject(extractor="pixels(size=12)", num_images=288), tmp_path).notes
    assert "288 images are few for 144 features" in note
    assert Samples().measure(subject(extractor="pixels(size=12)", num_images=289), tmp_path).notes == ()


def test_what_leaves_the_range_is_cut_off(perfect, tmp_path):
    found = values(subject(lambda z: 3 * (blobs(z) - 0.5) + 0.5), tmp_path)
    assert np.isfinite(list(found.values())).all()
    cut = values(subject(lambda z: np.clip(3 * (blobs(z) - 0.5) + 0.5, 0, 1)), tmp_path)
    assert found == cut


def test_png_files_hold_what_was_measured(tmp_path):
    found = Samples().measure(subject(num_images=30, write_png=True), tmp_path)
    names = [f"{number:05d}.png" for number in range(30)]
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == names
    assert sorted(path.name for path in (tmp_path / "training").iterdir()) == names
    written = np.stack([np.asarray(Image.open(tmp_path / "samples" / name)) for name in names])
    np.testing.assert_array_equal(written, as_uint8(blobs(latents(30, 3)))[..., 0])
    reference = ImageSet("train", ArraySource(TRAINING), "unit", 0).first(30).source.images(np.arange(30))
    written = np.stack([np.asarray(Image.open(tmp_path / "training" / name)) for name in names])
    np.testing.assert_array_equal(written, reference[..., 0])
    assert any("PNG" in note for note in found.notes)


def test_protocol():
    protocol = Samples().protocol(subject())
    assert json.loads(json.dumps(protocol)) == protocol
    assert protocol["samples"] == protocol["images"]["num_images"] == protocol["reference"]["num_images"] == COUNT
    # Models that see the images otherwise are measured on the same ones.
    assert Samples().protocol(subject(pixels="binarize")) == protocol
    assert Samples().protocol(subject(decode=None)) == protocol
    others = [
        subject(seed=4),
        subject(extractor="pixels(size=7)"),
        subject(extractor="random"),
        subject(num_images=100),
        subject(training=TRAINING[:800]),
        subject(test=TEST[:, ::-1]),
        subject(write_png=True),
    ]
    assert all(Samples().protocol(other) != protocol for other in others)


def test_limits_of_the_sets(tmp_path):
    assert Samples().left_out(subject()) == ""
    assert "at least 20" in Samples().left_out(subject(num_images=19))
    assert Samples().left_out(subject(num_images=20)) == ""
    assert len(values(subject(num_images=20), tmp_path)) == 24
    assert Samples().protocol(subject(training=TRAINING[:150]))["samples"] == 150


def test_a_classifier_must_be_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVAE_CACHE_DIR", str(tmp_path))
    with pytest.raises(UserError, match="add --fit_extractor"):
        Samples().protocol(subject(extractor="classifier", labels=np.arange(900) % 3))


def test_a_classifier_says_which_classes_are_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVAE_CACHE_DIR", str(tmp_path))
    quarters = np.digitize(latents(900, 1)[:, 0], [0.25, 0.5, 0.75])
    options = {"labels": quarters, "extractor": "classifier(epochs=15)", "fit_extractor": True}
    sound = values(subject(**options), tmp_path)
    found = values(subject(lambda z: blobs(z * [0.4, 1, 1, 1]), **options), tmp_path)  # of two quarters
    assert (sound["classes"], found["classes"]) == (4, 2)
    assert sound["class_difference"] < 0.1
    assert found["class_difference"] == pytest.approx(0.5, abs=0.1)
    assert found["class_difference_of_real_images"] == sound["class_difference_of_real_images"]
    assert 0.25 < sound["confidence"] <= 1


def test_suspicious_samples_come_first(tmp_path, monkeypatch):
    # One copy among new blobs.
    fresh = blobs(latents(60, 9))
    fresh[7] = TRAINING[123] / np.float32(255)
    training = ImageSet("train", ArraySource(TRAINING), "unit", 0)
    found = memorisation.copies({"samples": lambda: iter([fresh[:40], fresh[40:]])}, training)["samples"]
    assert found.nearest[7] == 123
    assert found.ratios[7] == pytest.approx(0, abs=1e-5)
    assert np.argmin(found.ratios) == 7
    flat = (fresh.reshape(60, 1, -1) - TRAINING.reshape(1, 900, -1) / 255) ** 2
    np.testing.assert_allclose(found.distances, np.sqrt(flat.mean(-1).min(1)), atol=1e-6)
    expected = np.sort(np.sqrt(flat.mean(-1)), axis=1)[:, :50]
    np.testing.assert_allclose(found.ratios, expected[:, 0] / expected.mean(1), atol=1e-5)
    shown = []
    draw = sample_pictures.plotting.pairs
    monkeypatch.setattr(
        sample_pictures.plotting, "pairs", lambda *given, **options: shown.append(given) or draw(*given, **options)
    )
    sample_pictures.nearest(found, training, tmp_path)
    np.testing.assert_array_equal(shown[0][0][0], shown[0][1][0])
    np.testing.assert_array_equal(shown[0][1][0], TRAINING[123])


def test_scores_need_something_to_draw(tmp_path):
    with pytest.raises(UserError, match="no scores to draw"):
        anchored(tmp_path / "x.png", {})
    with pytest.raises(UserError, match="no scores to draw"):
        anchored(tmp_path / "x.png", {"A measure": []})
    anchored(tmp_path / "x.png", {"A measure": [Score("samples", 0.0), Score("floor", -0.1, 0.02)]})
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size[0] > 100
