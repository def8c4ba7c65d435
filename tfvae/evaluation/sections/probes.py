"""How much of the labels a linear classifier finds in the latents."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from tfvae.evaluation import linear_probes as probes
from tfvae.evaluation.embeddings import planes
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.linear_probes import Probe, Set
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import ImageSet, Subject
from tfvae.files import save_arrays
from tfvae.models import MODELS
from tfvae.plotting import lines, scatter

_MOST_LABELS = 10_000
_DRAWS = {100: 5, 1000: 3}  # number of labels → draws; of more labels, one
_POINTS = 2000  # of the picture of the latents
_PCA_VALUES = 2**25  # pixel values that the components are fitted on, at most: 128 MiB
_LABELS = {"latents": "latents", "pixels": "principal components\nof the pixels"}
_EXTREMES = 5  # attributes named as best and as worst


class Probes(Section):
    """Accuracy of logistic regressions on the means of q(z|x), with the number of labels varied."""

    title = "Linear probes"

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        if MODELS.constant(subject.config.model.family.name, "quantized", False):
            return "the latents are maps of codes, as large as small images: probes are of vectors of latents"
        if subject.images.source.labels is None or subject.training.source.labels is None:
            return "the images have no labels; linear probes need a data set with labels, for training and for testing"
        kinds = [(np.asarray(images.source.labels).shape[1:], images.source.label_names) for images in _both(subject)]
        if kinds[0] != kinds[1]:
            return "the labels of the images are not of the same kind, or have other names, than those trained on"
        return ""

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        training = subject.training.first(_MOST_LABELS)
        return {
            **subject.images.protocol(),
            "training_images": training.protocol(),
            "labels_hash": [images.labels_digest for images in (training, subject.images)],
            "labels": {str(number): _DRAWS.get(number, 1) for number in _numbers(training)},
            "seed": subject.options.seed,
            "features": "means of q(z|x), scaled by the standard deviation of q(z)",
            "classifier": "logistic regression, C = 1",
            "baseline": "PCA of pixels, as many dimensions, standardised",
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        training = subject.training.first(_MOST_LABELS)
        sets = training, subject.images
        codes = _sets(_codes(subject, sets), sets)
        pixels = _sets(_components(sets, codes[0].features.shape[1], subject.options.seed), sets)
        found = {
            kind: {
                number: probes.probe(*features, number, _DRAWS.get(number, 1), subject.options.seed, f"{kind} probe")
                for number in _numbers(training)
            }
            for kind, features in {"latents": codes, "pixels": pixels}.items()
        }
        most = found["latents"][max(found["latents"])]
        _store(found, folder)
        figures = _figures(found, probes.majority(codes[0].labels, codes[1].labels))
        return Findings(figures, _notes(subject, most), _draw(subject, codes[1], found, most, folder))


def _both(subject: Subject) -> tuple[ImageSet, ImageSet]:
    return subject.training, subject.images


def _numbers(training: ImageSet) -> list[int]:
    return [*(number for number in _DRAWS if number < training.num_images), training.num_images]


def _codes(subject: Subject, sets: tuple[ImageSet, ImageSet]) -> tuple[np.ndarray, ...]:
    encode = subject.functions.encode
    (means, stddevs), (others, _) = (
        (np.concatenate(part) for part in zip(*map(encode, images.seen(f"latents, {images.name}")), strict=True))
        for images in sets
    )
    return probes.standardise(means, stddevs, others)


def _components(sets: tuple[ImageSet, ImageSet], count: int, seed: int) -> tuple[np.ndarray, ...]:
    """The baseline: what as many linear directions of the pixels hold."""
    training, test = sets
    fitted_on = training.first(max(2, _PCA_VALUES // int(np.prod(training.source.image_shape))))
    pixels = np.concatenate([images.reshape(len(images), -1) for images in fitted_on.plain()])
    pca = PCA(min(count, *pixels.shape), svd_solver="randomized", random_state=seed % 2**32).fit(pixels)
    parts = [
        np.concatenate([pca.transform(images.reshape(len(images), -1)) for images in part.plain("pixels")])
        for part in (training, test)
    ]
    return probes.standardise(parts[0], np.zeros_like(parts[0]), parts[1])


def _sets(features: tuple[np.ndarray, ...], sets: tuple[ImageSet, ImageSet]) -> tuple[Set, Set]:
    training, test = (Set(part, np.asarray(images.source.labels)) for part, images in zip(features, sets, strict=True))
    return training, test


def _store(found: dict[str, dict[int, Probe]], folder: Path) -> None:
    """Balanced accuracies of every attribute, (A,), by kind of features and number of labels."""
    by_name = {f"{kind}_{n}_labels": probe.by_attribute for kind, of in found.items() for n, probe in of.items()}
    save_arrays(folder / "balanced_accuracy.npz", by_name)


def _figures(found: dict[str, dict[int, Probe]], majority: tuple[Figure, Figure]) -> dict[str, Figure]:
    figures = {}
    several = next(iter(found["latents"].values())).by_attribute.size > 1
    for prefix, kind in (("", "latents"), ("pixels_", "pixels")):
        for number, probe in found[kind].items():
            figures[f"{prefix}accuracy_{number}_labels"] = probe.accuracy
            if several:
                figures[f"{prefix}balanced_accuracy_{number}_labels"] = probe.balanced_accuracy
    # What a baseline does is no merit of the model.
    baselines = {name: replace(figure, better="") for name, figure in figures.items() if name.startswith("pixels_")}
    return figures | baselines | {"majority_accuracy": replace(majority[0], better="")}


def _notes(subject: Subject, most: Probe) -> tuple[str, ...]:
    notes = [
        "Test images told right by a logistic regression on the means of q(z|x), fitted on so many labelled training "
        "images; “pixels”: on as many principal components of the pixels; majority: always the commonest class."
    ]
    if most.by_attribute.size > 1:
        names, order = _attribute_names(subject), np.argsort(-most.by_attribute, kind="stable")  # NaN comes last
        order = order[np.isfinite(most.by_attribute[order])]
        told = [f"{names[index]} {most.by_attribute[index]:.3f}" for index in order]
        notes.append(
            f"{most.by_attribute.size} attributes: accuracy and balanced accuracy (0.5 is chance) are averaged over "
            f"them. Balanced accuracy is best for {', '.join(told[:_EXTREMES])}; worst for "
            f"{', '.join(told[::-1][:_EXTREMES])}."
        )
    return tuple(notes)


def _attribute_names(subject: Subject) -> tuple[str, ...]:
    source = subject.images.source
    count = np.asarray(source.labels).shape[1]
    return source.label_names or tuple(f"attribute {index}" for index in range(count))


def _draw(subject: Subject, test: Set, found: dict[str, dict[int, Probe]], most: Probe, folder: Path) -> dict[str, str]:
    """Writes the pictures, and gives their captions."""
    several = most.by_attribute.size > 1
    series, names = {}, ("balanced accuracy" if several else "accuracy")
    for kind, of in found.items():
        figures = [probe.balanced_accuracy if several else probe.accuracy for probe in of.values()]
        values = [figure.value for figure in figures], [figure.standard_error or 0.0 for figure in figures]
        series[_LABELS[kind]] = (list(of), *values)
    lines(folder / "accuracy.png", series, ("Linear probes", "labelled training images", names), "log")
    kinds, legend = _kinds(subject, test, most)
    seed = subject.options.seed
    rows = np.random.default_rng(seed).permutation(len(kinds))[:_POINTS]
    scatter(folder / "latents_2d.png", planes(test.features[rows], seed), kinds[rows], legend)
    about = f"coloured by {legend[1]}, the attribute told best" if several else "coloured by label"
    return {
        "accuracy.png": f"{names.capitalize()} on test images against the number of labels, on a logarithmic axis",
        "latents_2d.png": f"{len(rows):,} test images: the means of q(z|x) in two dimensions, {about}",
    }


def _kinds(subject: Subject, test: Set, most: Probe) -> tuple[np.ndarray, list[str]]:
    """What the points are coloured by, (N,) from 0, and its legend."""
    if most.by_attribute.size > 1:
        best = int(np.nanargmax(most.by_attribute))
        name = _attribute_names(subject)[best]
        return test.labels[:, best], [f"not {name}", name]
    classes, kinds = np.unique(test.labels, return_inverse=True)
    names = subject.images.source.label_names
    return kinds, [names[int(kind)] if names else str(kind) for kind in classes]
