"""How good samples are: distances between sets of features, and copies of training images."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation import class_shares, memorisation, sample_pictures
from tfvae.evaluation.extractors import Extractor, extractor_of
from tfvae.evaluation.figures import Figure, Findings, mean
from tfvae.evaluation.frechet import frechet_distance
from tfvae.evaluation.kernel_distance import block_size_of, kernel_distance
from tfvae.evaluation.memorisation import Copies
from tfvae.evaluation.neighbours import COVERAGE_NEIGHBOURS, PRECISION_NEIGHBOURS, Manifold, manifold, neighbourhoods
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import BATCH, ImageSet, Subject
from tfvae.plotting import to_uint8
from tfvae.progress import track

MOST = 10_000  # images in each set
_FEWEST = 20  # for blocks of ten, and balls of five neighbours
_SUSPICIOUS = 0.5  # samples that lie so much nearer to training images than all anchors are reported as copies

Batches = Callable[[], Iterator[np.ndarray]]


class Samples(Section):
    """Samples against real training images, between two anchors: reconstructions, and real images."""

    title = "Samples"
    needs_prior = True

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        count = count_of(subject)
        if count >= _FEWEST:
            return ""
        return f"sets of {count} images say nothing of samples; measure on at least {_FEWEST}"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`. What the model itself sees of the images is not part of it."""
        count = count_of(subject)
        return {
            "extractor": extractor_of(subject).record(),
            "samples": count,
            "compared": "means of p(x|z) for z from p(z), rounded to 8 bits, with real training images",
            "images": _plain_protocol(subject.images.first(count)),
            "reference": _plain_protocol(subject.training.first(count)),
            "neighbours": {"precision, recall": PRECISION_NEIGHBOURS, "density, coverage": COVERAGE_NEIGHBOURS},
            "kernel_block": block_size_of(count),
            "memorisation": {**asdict(memorisation.RECIPE), "training": _plain_protocol(subject.training)},
            "seed": subject.options.seed,
            **({"png_files": True} if subject.options.write_png else {}),  # an answer without them is none
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        extractor, kinds = extractor_of(subject), kinds_of(subject, count_of(subject))
        reference = subject.training.first(count_of(subject))
        real = extractor.of(shown(reference.plain("features of training images")))
        figures = _scores(extractor, real, kinds, subject.options.seed)
        few = kinds_of(subject, min(count_of(subject), memorisation.RECIPE.num_images))
        copies = memorisation.copies(few, subject.training)
        pictures = {
            **sample_pictures.grid_of_samples(kinds["samples"](), folder),
            **sample_pictures.anchors(figures, folder),
            **sample_pictures.nearest(copies["samples"], subject.training, folder),
        }
        notes = (*_warnings(figures, copies, real.shape), *extractor.notes())
        if subject.options.write_png:
            notes += sample_pictures.write_png(kinds["samples"](), shown(reference.plain()), folder)
        return Findings({**figures, **memorisation.figures_of(copies)}, notes, pictures)


def count_of(subject: Subject) -> int:
    """N, of every set; `subject.images` are already no more than were asked for."""
    return min(subject.images.num_images, subject.options.num_images or MOST, subject.training.num_images, MOST)


def _plain_protocol(images: ImageSet) -> dict[str, Any]:
    """Without what is specific to a model: all models are measured on the images themselves."""
    return {key: value for key, value in images.protocol().items() if key != "pixels"}


def kinds_of(subject: Subject, count: int) -> dict[str, Batches]:
    """Kind of image → batches of it, (B, H, W, C) float32 in [0, 1], `count` in all; the same every time."""
    seed, functions = subject.options.seed, subject.functions
    images = subject.images.first(count)  # a random part: data may be in the order of their classes

    def samples() -> Iterator[np.ndarray]:
        latents = functions.prior(count, seed)
        yield from (functions.decode(latents[start : start + BATCH]) for start in range(0, count, BATCH))

    def reconstructions() -> Iterator[np.ndarray]:
        yield from (functions.reconstruct(batch) for batch in images.seen())

    return {
        "samples": lambda: shown(samples()),
        "reconstructions": lambda: shown(reconstructions()),
        "real_images": lambda: shown(images.plain()),
    }


def shown(batches: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Images as a picture file holds them: 8 bits. A mean may leave [0, 1], and is cut off there."""
    for batch in batches:
        yield to_uint8(np.clip(batch, 0, 1)).astype(np.float32) / 255


def _scores(extractor: Extractor, real: np.ndarray, kinds: dict[str, Batches], seed: int) -> dict[str, Figure]:
    """Every measure of every kind of images: `frechet_distance`, `frechet_distance_of_real_images`, …."""
    balls, classes, found = manifold(real), extractor.class_probabilities(real), {}
    for kind, batches in kinds.items():
        total = -(-len(real) // BATCH)
        features = extractor.of(track(batches(), f"features of {kind.replace('_', ' ')}", total))
        figures = _compared(real, balls, features, seed)
        told = extractor.class_probabilities(features)
        if classes is not None and told is not None:
            figures |= class_shares.figures_of(told, classes)
        found[kind] = figures if kind == "samples" else undirected(figures)
    names = next(iter(found.values()))
    return {named(name, kind): figures[name] for name in names for kind, figures in found.items()}


def named(measure: str, kind: str) -> str:
    """The name of a figure: a measure of samples has no addition, those of its anchors have."""
    return measure if kind == "samples" else f"{measure}_of_{kind}"


def _compared(real: np.ndarray, balls: Manifold, features: np.ndarray, seed: int) -> dict[str, Figure]:
    around = neighbourhoods(balls, manifold(features), "precision and recall")
    return {
        **distances(real, features, seed),
        **{name: mean(values, better="higher") for name, values in around._asdict().items()},
    }


def distances(real: np.ndarray, features: np.ndarray, seed: int) -> dict[str, Figure]:
    """How far features (N, F) are from those of real images (N, F); the seed chooses the blocks of the kernel's."""
    return {
        "frechet_distance": Figure(frechet_distance(real, features), better="lower"),
        "kernel_distance": kernel_distance(real, features, block_size_of(len(real)), seed),
    }


def undirected(figures: dict[str, Figure]) -> dict[str, Figure]:
    """Of an anchor: what is no merit of the model's samples shall not be called better."""
    return {name: replace(figure, better="") for name, figure in figures.items()}


def _warnings(figures: dict[str, Figure], copies: dict[str, Copies], shape: tuple[int, ...]) -> tuple[str, ...]:
    count, num_features = shape
    found = [
        f"the {name} of samples is above that of real images: they are more typical than real ones, as blurred "
        "images are, and a higher value is not a better one here"
        for name in ("precision", "density")
        if _clearly_above(figures[name], figures[named(name, "real_images")])
    ]
    usual = min(copies[kind].distances.mean() for kind in copies if kind != "samples")
    if copies["samples"].distances.mean() < _SUSPICIOUS * usual:
        found.append(
            "samples lie much nearer to training images than unseen images and their reconstructions do: they may be "
            "copies, look at the picture of the nearest training images"
        )
    if count <= 2 * num_features:
        found.append(
            f"{count:,} images are few for {num_features:,} features: the Fréchet distance is biased upwards, compare "
            "it with that of the real images; the kernel distance has no bias"
        )
    return tuple(found)


def _clearly_above(one: Figure, other: Figure) -> bool:
    return one.value - other.value > 3 * math.hypot(one.standard_error or 0, other.standard_error or 0)
