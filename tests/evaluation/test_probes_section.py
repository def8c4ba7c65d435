"""The section of linear probes: planted codes that tell the label, or nothing."""

import json
from dataclasses import replace

import numpy as np
import planted
import pytest
from PIL import Image

from tfvae.datasets.array_source import ArraySource
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections.probes import Probes
from tfvae.files import load_arrays

CLASSES, COUNT = 3, 240


def images_of(labels, rng):
    """The label is the brightness of the first row, in much noise elsewhere."""
    images = rng.integers(0, 256, (len(labels), 6, 6, 1), dtype=np.uint8)
    images[:, 0] = (20 + 100 * labels)[:, None, None]
    return images


def encoder(tells):
    def encode(batch):
        first = batch[:, 0, 0] * 4 if tells else np.zeros((len(batch), 1), np.float32)
        return np.concatenate([first, batch[:, 3, :2, 0]], axis=1), np.full((len(batch), 3), 0.1, np.float32)

    return planted.functions(encode=encode)


def make(rng, tells=True, labels_of=lambda labels: labels, names=()):
    found = []
    for count in (COUNT, 150):
        labels = rng.integers(0, CLASSES, count)
        found.append(ArraySource(images_of(labels, rng), labels_of(labels), names))
    subject = planted.subject(np.zeros((1, 6, 6, 1), np.uint8), None)
    training, test = (replace(subject.images, source=source) for source in found)
    changed = replace(subject, images=test, training=training)
    vars(changed)["functions"] = encoder(tells)
    return changed


def attributes(labels):
    noise = np.random.default_rng(len(labels)).integers(0, 2, len(labels))
    return np.stack([labels == 2, noise], axis=1).astype(np.int64)


def test_codes_that_tell_the_label(rng, tmp_path):
    found = Probes().measure(make(rng), tmp_path)
    figures = {name: figure.value for name, figure in found.figures.items()}
    assert set(figures) == {
        *(f"{kind}accuracy_{number}_labels" for kind in ("", "pixels_") for number in (100, COUNT)),
        "majority_accuracy",
    }
    assert figures[f"accuracy_{COUNT}_labels"] > 0.95
    assert figures["accuracy_100_labels"] > figures["majority_accuracy"] + 0.3
    assert found.figures["accuracy_100_labels"].better == "higher"
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found
    for name in found.pictures:
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 100


def test_collapsed_codes_are_at_chance(rng, tmp_path):
    figure = Probes().measure(make(rng, tells=False), tmp_path).figures[f"accuracy_{COUNT}_labels"]
    assert abs(figure.value - 1 / CLASSES) < 4 * figure.standard_error


def test_attributes_are_averaged_and_the_best_and_worst_named(rng, tmp_path):
    subject = make(rng, labels_of=attributes, names=("Bright", "Odd"))
    found = Probes().measure(subject, tmp_path)
    stored = load_arrays(tmp_path / "balanced_accuracy.npz")[f"latents_{COUNT}_labels"]
    assert stored[0] > 0.95
    assert abs(stored[1] - 0.5) < 0.2
    assert found.figures[f"balanced_accuracy_{COUNT}_labels"].value == pytest.approx(stored.mean())
    assert any(f"best for Bright {stored[0]:.3f}" in note for note in found.notes)
    assert "Bright" in found.pictures["latents_2d.png"]


def test_without_labels_it_says_so(rng):
    subject = make(rng)
    assert Probes().left_out(subject) == ""
    bare = replace(subject.images, source=ArraySource(np.zeros((3, 6, 6, 1), np.uint8)))
    assert "labels" in Probes().left_out(replace(subject, images=bare))
    assert "labels" in Probes().left_out(replace(subject, training=bare))


def test_the_protocol_is_plain(rng):
    protocol = Probes().protocol(make(rng))
    assert json.loads(json.dumps(protocol)) == protocol
    assert protocol["labels"] == {"100": 5, str(COUNT): 1}
