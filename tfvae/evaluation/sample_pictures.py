"""Pictures and files of samples: a grid, their nearest training images, scores between anchors, PNG folders."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from tfvae import plotting
from tfvae.evaluation.figures import Figure
from tfvae.evaluation.memorisation import Copies
from tfvae.evaluation.subject import ImageSet
from tfvae.plotting import Score
from tfvae.plotting.files import as_pillow
from tfvae.progress import track

_SIDE = 12  # of the grid
_PAIRS, _ROWS = 12, 3
_PADDING = 6

_MEASURES = {
    "frechet_distance": "Fréchet distance (lower is better)",
    "kernel_distance": "Kernel distance (lower is better)",
    "precision": "Precision (higher is better)",
    "recall": "Recall (higher is better)",
    "density": "Density (higher is better)",
    "coverage": "Coverage (higher is better)",
}
_KINDS = {"": "samples", "_of_reconstructions": "reconstructions", "_of_real_images": "real images"}


def grid_of_samples(samples: Iterator[np.ndarray], folder: Path) -> dict[str, str]:
    """Writes the first samples as `samples.png`. Returns file name → caption, as all functions here."""
    images = next(samples)[: _SIDE**2]
    plotting.save_image(folder / "samples.png", plotting.grid(images, _SIDE))
    return {"samples.png": f"The first {len(images)} samples, not chosen: E[x|z] for z drawn from the prior."}


def anchors(figures: Mapping[str, Figure], folder: Path) -> dict[str, str]:
    """Writes the scores of samples beside those of their anchors as `scores.png`."""
    scores = {
        title: [_score(label, figures[name + end]) for end, label in _KINDS.items()]
        for name, title in _MEASURES.items()
    }
    plotting.anchored(folder / "scores.png", scores)
    return {
        "scores.png": "Each set of images against real training images. Real images show what a perfect model "
        "would score with so many images; reconstructions, what this decoder can do with the best latents."
    }


def _score(label: str, figure: Figure) -> Score:
    return Score(label, figure.value, figure.standard_error)


def nearest(found: Copies, training: ImageSet, folder: Path) -> dict[str, str]:
    """Writes the most suspicious samples above their nearest training images as `nearest.png`."""
    order = np.argsort(found.ratios, kind="stable")
    _, first = np.unique(found.nearest[order], return_index=True)  # one dull image may be the nearest to most samples
    chosen = order[np.sort(first)][: _PAIRS * _ROWS]
    copied = training.source.images(found.nearest[chosen])
    images, copied = plotting.to_uint8(found.images[chosen]), plotting.to_uint8(copied)
    parts = [slice(start, start + _PAIRS) for start in range(0, len(chosen), _PAIRS)]
    rows = [_row(images[part], copied[part], found.distances[chosen[part]]) for part in parts]
    plotting.save_image(folder / "nearest.png", _stacked(rows))
    return {
        "nearest.png": "Samples (above) and their nearest training images (below), the most suspicious first: nearest "
        "compared with the mean of the 50 nearest; each training image once. The numbers are root mean squared "
        "differences of pixel values in [0, 1]; the copy of a training image has 0."
    }


def _row(samples: np.ndarray, copied: np.ndarray, distances: np.ndarray) -> np.ndarray:
    picture = plotting.pairs(samples, copied, columns=len(samples))
    return plotting.labelled(picture, columns=[f"{distance:.3f}" for distance in distances])


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    """Pictures below each other, on white where one is narrower."""
    width = max(row.shape[1] for row in rows)
    wide = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(wide)


def write_png(samples: Iterator[np.ndarray], training: Iterator[np.ndarray], folder: Path) -> tuple[str, ...]:
    """Writes `samples/00000.png` …, and `training/`, for other tools. Returns a note that says so."""
    counts = [_write(batches, folder / name) for name, batches in (("samples", samples), ("training", training))]
    return (
        f"samples/ and training/ hold {counts[0]:,} samples and {counts[1]:,} training images as lossless 8-bit PNG "
        "files, for other tools",
    )


def _write(batches: Iterator[np.ndarray], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for batch in track(batches, f"writing {folder.name}/"):
        for image in batch:
            as_pillow(image).save(folder / f"{number:05d}.png")
            number += 1
    return number
