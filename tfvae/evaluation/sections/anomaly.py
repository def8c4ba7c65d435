"""Whether the model tells images of another kind from those of its own."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation import anomaly_scores, detection
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.statistics_density import COMPONENTS
from tfvae.evaluation.subject import ImageSet, Subject
from tfvae.files import save_arrays
from tfvae.plotting import beside, grid, histograms, labelled, lines, save_image
from tfvae.plotting.lines import Line

_TRAINING_IMAGES = 5000
_SHOWN, _COLUMNS = 30, 6  # images of each kind
_DRAWN = ("elbo", "complexity", "statistics")
_PICTURED = "statistics"  # the score whose errors are shown
_REACH = 3.0  # of a histogram to either side, in spreads of the inliers

Scores = dict[str, np.ndarray]
Pictures = dict[str, str]


class Anomaly(Section):
    """Area under the ROC curve and average precision of several scores, for each further set of images."""

    title = "Anomaly detection"
    needs_prior = True

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        if subject.outliers:
            return _unlike(subject)
        return "no outliers were given; name another data set (--outliers=fashion_mnist) or a folder of images"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        return {
            **subject.images.protocol(),
            "outliers": [images.protocol() for images in subject.outliers],
            "training_images": subject.training.first(_TRAINING_IMAGES).protocol(),
            "seed": subject.options.seed,
            "elbo": "one draw of z for each image",
            "complexity": "PNG, 1 bit a value" if _is_binary(subject.images) else "PNG, 8 bits a value",
            "statistics": f"mixture of {COMPONENTS} Gaussians over ‖x − x̂‖, ‖μ‖, ‖σ‖, KL, PNG length, variation",
            "standard_errors": "AUROC: DeLong; average precision: infinitesimal jackknife",
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        outliers = _named(subject.outliers)
        sets = [subject.training.first(_TRAINING_IMAGES), subject.images, *outliers.values()]
        labels = ["training images", "test images", *outliers]
        training, *measured = (
            _measure(subject, images, f"anomaly: {label}", number)
            for number, (label, images) in enumerate(zip(labels, sets, strict=True))
        )
        inliers, *others = (anomaly_scores.scores(found, training, subject.options.seed) for found in measured)
        scores = dict(zip(outliers, others, strict=True))
        named = {"inliers": inliers, **{f"outliers.{name}": found for name, found in scores.items()}}
        stored = {f"{name}.{score}": values for name, found in named.items() for score, values in found.items()}
        save_arrays(folder / "scores.npz", stored)
        figures, pictures = {}, {}
        for name, found in scores.items():
            figures |= _figures(inliers, found, name)
            pictures |= _draw_scores(inliers, found, name, folder)
            pictures |= _draw_errors((subject.images, outliers[name]), (inliers, found), name, folder)
        return Findings(figures, _notes(subject, outliers), pictures)


def _is_binary(images: ImageSet) -> bool:
    return images.pixels == "binarize"


def _unlike(subject: Subject) -> str:
    """Sets treated in different ways can be told apart by that alone."""
    for images in (subject.training, *subject.outliers):
        if images.pixels != subject.images.pixels:
            return (
                f"the pixels of {images.name} are treated as {images.pixels!r} and those of {subject.images.name} as "
                f"{subject.images.pixels!r}, which alone would tell them apart; give 8-bit images, not floats"
            )
    return ""


def _measure(subject: Subject, images: ImageSet, label: str, number: int) -> anomaly_scores.PerImage:
    # A code is to be compared with the likelihood of the same image: the binarised one, where the model sees that.
    coded = images.seen() if _is_binary(images) else images.plain()
    batches = zip(images.seen(label), coded, strict=True)
    sequence = np.random.SeedSequence((subject.options.seed, number))  # no two sets share their draws of z
    seed = int(sequence.generate_state(1)[0]) % 2**31
    return anomaly_scores.measure(subject.functions, batches, seed, _is_binary(images))


def _named(outliers: tuple[ImageSet, ...]) -> dict[str, ImageSet]:
    """By names fit for figures and files: "fashion_mnist test" → "fashion_mnist"; numbered where two are the same."""
    found: dict[str, ImageSet] = {}
    for images in outliers:
        name = re.sub(r"\W+", "_", images.name.removesuffix(" test").lower()).strip("_") or "outliers"
        found[name if name not in found else f"{name}_{len(found) + 1}"] = images
    return found


def _figures(inliers: Scores, outliers: Scores, name: str) -> dict[str, Figure]:
    measures = {"auroc": detection.auroc, "average_precision": detection.average_precision}
    return {
        f"{kind}_{score}_vs_{name}": measure(values, outliers[score])
        for kind, measure in measures.items()
        for score, values in inliers.items()
    }


def _notes(subject: Subject, outliers: dict[str, ImageSet]) -> tuple[str, ...]:
    notes = [
        "Higher scores mean more anomalous. AUROC: the probability that an outlier scores higher than a test image; "
        "0.5 is chance, and below it outliers look more normal than the model's own images.",
        "Average precision: chance is the outliers' share of the images, "
        + ", ".join(f"{_share(images, subject.images):.3f} for {name}" for name, images in outliers.items())
        + ".",
        "Scores: elbo is −ELBO; typicality its distance from the mean over training images; complexity is −ELBO in "
        "bits less the length of the image's PNG code (a likelihood ratio); statistics is −log of a density over "
        "encoder and decoder statistics, that length and the total variation, fitted on training images. No score is "
        "fitted on outliers.",
    ]
    if subject.images.pixels == "unit":
        notes.append("Pixels are without noise: −ELBO is no code length of them, and complexity compares it as if.")
    return tuple(notes)


def _share(images: ImageSet, others: ImageSet) -> float:
    return images.num_images / (images.num_images + others.num_images)


def _draw_scores(inliers: Scores, outliers: Scores, name: str, folder: Path) -> dict[str, str]:
    values, others = (
        np.stack([np.clip(found[score], *_limits(inliers[score])) for score in _DRAWN], axis=1)
        for found in (inliers, outliers)
    )
    histograms(folder / f"scores_{name}.png", values, others, _DRAWN, ("test images", f"{name}, outliers"))
    curves: dict[str, Line] = {
        f"{score} ({detection.auroc(values, outliers[score]).value:.4f})": (
            *detection.roc_curve(values, outliers[score]),
            None,
        )
        for score, values in inliers.items()
    }
    names = (f"Against {name} (area under the curve)", "share of test images called outliers", "outliers found")
    lines(folder / f"roc_{name}.png", curves, names, "log", (1 / len(values), 1.0))
    return {
        f"scores_{name}.png": f"Scores of test images and of {name}; what lies further out stands at the edge",
        f"roc_{name}.png": f"Outliers found ({name}) against false alarms, which are on a logarithmic axis",
    }


def _limits(inliers: np.ndarray) -> tuple[float, float]:
    """Outliers can score a thousand times further out than inliers, which would then be one bar."""
    low, middle, high = np.quantile(inliers, [0.05, 0.5, 0.95])
    reach = _REACH * (high - low)
    return middle - reach, middle + reach


def _draw_errors(images: tuple[ImageSet, ImageSet], scores: tuple[Scores, Scores], name: str, folder: Path) -> Pictures:
    """The inliers that look most like outliers, and the other way round."""
    inliers, outliers = (np.argsort(found[_PICTURED], kind="stable") for found in scores)
    shown = min(_SHOWN, len(inliers), len(outliers))  # as many of each: the grids stand beside each other
    chosen = inliers[::-1][:shown], outliers[:shown]
    titles = "most anomalous test images", f"least anomalous of {name}"
    parts = [
        labelled(grid(part.source.images(rows), columns=_COLUMNS), columns=[title])
        for part, rows, title in zip(images, chosen, titles, strict=True)
    ]
    save_image(folder / f"errors_{name}.png", beside(parts))
    return {f"errors_{name}.png": f"By the score “{_PICTURED}”: {titles[0]}, and {titles[1]}"}
