"""Extractors: what they compute, what they record, and what they say when they cannot be used."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfvae.datasets.array_source import ArraySource
from tfvae.errors import UserError
from tfvae.evaluation.extractors import EXTRACTORS, Request, extractor, resizing
from tfvae.evaluation.extractors.classifier import cache_folder
from tfvae.evaluation.extractors.pixels import Pixels
from tfvae.evaluation.subject import ImageSet

SHAPE = (12, 10, 1)
COUNT = 60


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVAE_CACHE_DIR", str(tmp_path / "cache"))


def labelled_images(seed=0, count=COUNT):
    """Images of two classes: bright above, or bright below."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    images = rng.integers(0, 60, (count, *SHAPE))
    images[labels == 0, :6] += 150
    images[labels == 1, 6:] += 150
    return images.astype(np.uint8), labels


def request(labels=True, fit=True, seed=0, **options):
    images, classes = labelled_images(seed)
    classes = options.get("classes", classes)
    return Request(ImageSet("train", ArraySource(images, classes if labels else None), "unit", 0), fit)


def batch(count=7, shape=SHAPE, seed=1):
    return np.random.default_rng(seed).random((count, *shape)).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One model as a .keras file and as a SavedModel: 20x16 colour images to three features."""
    folder = tmp_path_factory.mktemp("models")
    inputs = keras.Input((20, 16, 3))
    features = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(inputs))
    model = keras.Model(inputs, features)
    model.save(folder / "means.keras")
    model.export(str(folder / "means"), verbose=False)
    return model, {"keras": folder / "means.keras", "saved_model": folder / "means"}


@pytest.mark.parametrize(
    "text", ["pixels(size=5)", "random(size=9, seed=3)", "classifier(epochs=1)", "keras", "saved_model"]
)
def test_contract(text, files):
    found = extractor(str(files[1].get(text, text)), request())
    record, images = found.record(), batch()
    features = found.features(images)
    assert features.dtype == np.float32
    assert features.shape == (7, record["num_features"] or 3)
    assert np.isfinite(features).all()
    assert json.loads(json.dumps(record)) == record
    assert {"name", "hash", "input_size", "resize", "num_features"} <= set(record)
    np.testing.assert_allclose(
        found.of([images[:3], images[3:]]), features, rtol=1e-4, atol=1e-5
    )  # of each image alone
    again = extractor(str(files[1].get(text, text)), request())
    assert again.record() == record
    np.testing.assert_allclose(again.features(images), features, rtol=1e-4, atol=1e-5)


def test_records_need_no_tensorflow(files):
    code = """
import sys
import numpy as np
from tfvae.datasets.array_source import ArraySource
from tfvae.evaluation.extractors import Request, extractor
from tfvae.evaluation.subject import ImageSet
images = ImageSet("train", ArraySource(np.zeros((9, 8, 8), np.uint8), np.arange(9)), "unit", 0)
for text in sys.argv[1:]:
    extractor(text, Request(images, True)).record()
sys.exit("tensorflow" in sys.modules or "keras" in sys.modules)
"""
    texts = ["pixels", "random", "classifier", *map(str, files[1].values())]
    assert subprocess.run([sys.executable, "-c", code, *texts], check=False).returncode == 0


def test_area_is_the_mean_of_areas():
    images = batch(shape=(12, 10, 3))
    np.testing.assert_array_equal(resizing.area(images, 12), images)  # and never enlarges
    # 12 → 8 and 10 → 8: each old pixel cut into 2 × 4, and new ones the means of 3 × 5 such parts.
    parts = images.repeat(2, axis=1).repeat(4, axis=2)
    expected = parts.reshape(7, 8, 3, 8, 5, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(resizing.area(images, 8), expected, rtol=1e-5)
    assert resizing.area(images, 11).shape == (7, 11, 10, 3)


@pytest.mark.parametrize("size", [(20, 16), (5, 7), (12, 30)])
def test_bicubic_is_pillows(size):
    images = batch(shape=(12, 10, 2))
    height, width = size
    expected = np.stack(
        [
            [
                np.asarray(Image.fromarray(image[..., c]).resize((width, height), Image.Resampling.BICUBIC))
                for c in range(2)
            ]
            for image in images
        ]
    ).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(resizing.bicubic(images, height, width), np.clip(expected, 0, 1), atol=1e-5)


def test_pixels_are_pixels():
    images = batch()
    np.testing.assert_array_equal(Pixels(SHAPE, 16).features(images), images.reshape(7, -1))
    assert Pixels(SHAPE, 4).record()["num_features"] == 16


def test_random_network_by_hand():
    found = extractor("random", request())
    x = batch(2) * 2 - 1
    means = []
    for kernel in found.kernels:
        x = np.maximum(_convolved(x, kernel), 0)
        means.append(x.mean(axis=(1, 2)))
    assert x.shape[1:3] == (2, 2)
    expected = np.concatenate([*means[:-1], x[:, 0, 0], x[:, 0, 1], x[:, 1, 0], x[:, 1, 1]], axis=1)
    np.testing.assert_allclose(found.features(batch(2)), expected, rtol=1e-4, atol=1e-5)


def _convolved(x, kernel):
    """Stride 2, padded as TensorFlow's "SAME" is: the odd row or column after the image."""
    height, width = x.shape[1:3]
    rows, columns = -(-height // 2), -(-width // 2)
    needed = [max((count - 1) * 2 + 3 - length, 0) for count, length in ((rows, height), (columns, width))]
    padded = np.pad(x, [(0, 0), *((need // 2, need - need // 2) for need in needed), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return np.einsum("nijchw,hwco->nijo", windows, kernel)


def test_random_networks_differ_by_seed_and_are_told_apart():
    one, other = extractor("random", request()), extractor("random(seed=1)", request())
    assert one.record()["hash"] != other.record()["hash"]
    assert not np.allclose(one.features(batch()), other.features(batch()))


def test_classifier_learns_and_is_fitted_once():
    text = "classifier(epochs=12)"
    found = extractor(text, request())
    images, labels = labelled_images(seed=5)
    features = found.features(images.astype(np.float32) / 255)
    # Its features tell the classes of other images apart: a nearest class mean is right.
    means = np.stack([features[labels == label].mean(0) for label in (0, 1)])
    guessed = np.argmin(((features[:, None] - means) ** 2).sum(-1), axis=1)
    assert (guessed == labels).mean() > 0.95
    assert "right on" in found.notes()[0]
    (path,) = cache_folder().iterdir()
    written = path.stat().st_mtime_ns
    again = extractor(text, request(fit=False))  # from the cache
    np.testing.assert_allclose(again.features(batch()), found.features(batch()), rtol=1e-4, atol=1e-5)
    assert path.stat().st_mtime_ns == written
    assert again.notes() == found.notes()


def test_classes_are_told_by_the_features_alone():
    found = extractor("classifier(epochs=12)", request())
    images, labels = labelled_images(seed=5)
    probabilities = found.class_probabilities(found.features(images.astype(np.float32) / 255))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.95
    odds = found.log_odds(images.astype(np.float32) / 255)
    np.testing.assert_allclose(np.log(probabilities) - np.log1p(-probabilities), odds, rtol=1e-2, atol=1e-2)
    assert extractor("random", request()).class_probabilities(found.features(batch())) is None


def test_classifier_is_a_function_of_its_seed_and_data():
    first = extractor("classifier(epochs=2)", request())
    features = first.features(batch())
    first.path.unlink()
    np.testing.assert_allclose(
        extractor("classifier(epochs=2)", request()).features(batch()), features, rtol=1e-4, atol=1e-5
    )
    others = [
        extractor("classifier(epochs=2, seed=1)", request()),
        extractor("classifier(epochs=3)", request()),
        extractor("classifier(epochs=2)", request(seed=9)),
        extractor("classifier(epochs=2)", request(classes=np.arange(COUNT) % 2)),
        extractor("classifier(epochs=2, num_images=50)", request()),
    ]
    assert len({first.record()["hash"], *(other.record()["hash"] for other in others)}) == 6


def test_classifier_of_attributes():
    _, labels = labelled_images()
    found = extractor("classifier(epochs=10)", request(classes=np.stack([labels, 1 - labels, 0 * labels], axis=1)))
    assert found.features(batch()).shape == (7, 128)
    assert found.class_probabilities(found.features(batch())) is None
    assert float(found.notes()[0].split("right on ")[1].split(" ")[0].rstrip("%")) > 80


def test_classifier_must_be_asked_for():
    with pytest.raises(UserError, match="add --fit_extractor"):
        extractor("classifier", request(fit=False))
    with pytest.raises(UserError, match="train images have no labels"):
        extractor("classifier", request(labels=False))
    assert not cache_folder().exists()


def test_cache_folder(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache" / "extractors"
    monkeypatch.delenv("TFVAE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "tfvae" / "extractors"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "tfvae" / "extractors"


@pytest.mark.parametrize("kind", ["keras", "saved_model"])
def test_saved_model_gets_the_images_it_wants(kind, files):
    model, paths = files
    images = batch()
    wanted = np.repeat(resizing.bicubic(images, 20, 16), 3, axis=-1)
    found = extractor(str(paths[kind]), request())
    assert found.record()["name"] == paths[kind].name
    np.testing.assert_allclose(found.features(images), model(wanted).numpy(), rtol=1e-4, atol=1e-5)
    scaled = extractor(f"saved(path='{paths[kind]}', low=-1, high=1)", request())
    np.testing.assert_allclose(scaled.features(images), model(wanted * 2 - 1).numpy(), rtol=1e-4, atol=1e-5)
    assert scaled.record() == {**found.record(), "values": [-1, 1]}


def test_hash_of_a_file_follows_its_bytes(files, tmp_path):
    copied = tmp_path / "other.keras"
    copied.write_bytes(files[1]["keras"].read_bytes())
    record = extractor(str(files[1]["keras"]), request()).record()
    assert extractor(str(copied), request()).record()["hash"] == record["hash"]
    copied.write_bytes(copied.read_bytes() + b" ")
    assert extractor(str(copied), request()).record()["hash"] != record["hash"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("randm", "no extractor 'randm': did you mean 'random'"),
        ("pixels(sise=4)", "no option 'sise': did you mean 'size'"),
        ("pixels(size=big)", "expected int"),
        ("pixels(size=0)", "size is 0: expected from 1 to 256"),
        ("random(size=4)", "size is 4: expected from 8 to 256"),
        ("pixels(4)", "not of the form"),
        ("classifier(epochs=0)", "epochs is 0"),
        ("saved", "needs the path"),
        ("models/none.keras", "models/none.keras is no extractor"),
        ("saved(path='x.keras', low=2)", "x.keras is no extractor"),
    ],
)
def test_mistakes_are_explained(text, message):
    with pytest.raises(UserError, match=message):
        extractor(text, request())


def test_files_that_are_no_extractors(files, tmp_path):
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"no zip")
    with pytest.raises(UserError, match="cannot be loaded"):
        extractor(str(broken), request()).features(batch())
    with pytest.raises(UserError, match="low below high"):
        extractor(f"saved(path='{files[1]['keras']}', low=2)", request())
    with pytest.raises(UserError, match="takes images with 3 channels, these have 2"):
        extractor(str(files[1]["keras"]), request()).features(batch(shape=(8, 8, 2)))
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(tmp_path / "flat.keras")
    with pytest.raises(UserError, match="expected images"):
        extractor(str(tmp_path / "flat.keras"), request()).features(batch())
    module = tf.Module()
    module.f = tf.function(
        lambda a, b: {"sum": a + b}, input_signature=[tf.TensorSpec((None, 2), name=n) for n in "ab"]
    )
    tf.saved_model.save(module, str(tmp_path / "two"), signatures={"serving_default": module.f})
    with pytest.raises(UserError, match="expected one each"):
        extractor(str(tmp_path / "two"), request()).features(batch())


def test_every_entry_has_options_with_defaults():
    assert {name: set(EXTRACTORS.parameters(name)) for name in EXTRACTORS} == {
        "classifier": {"epochs", "num_images", "size", "seed"},
        "pixels": {"size"},
        "random": {"size", "seed"},
        "saved": {"path", "low", "high"},
    }
