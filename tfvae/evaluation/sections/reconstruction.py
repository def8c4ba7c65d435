"""How near the reconstructions are to the images."""

from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation import image_quality as quality
from tfvae.evaluation.figures import Figure, Findings, mean
from tfvae.evaluation.lowest import Lowest
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.files import save_arrays
from tfvae.plotting import labelled, pairs, save_image

_EXTREMES, _TYPICAL = 10, 40  # images shown
_MEASURES: dict[str, Any] = {
    "mse": (quality.mean_squared_error, "", "lower"),
    "mae": (quality.mean_absolute_error, "", "lower"),
    "psnr": (quality.peak_signal_to_noise, "dB", "higher"),
    "ssim": (quality.structural_similarity, "", "higher"),
    "ms_ssim": (quality.multiscale_similarity, "", "higher"),
}
_FINE, _FINE_OF_IMAGE = "high_frequency_energy", "high_frequency_energy_of_image"


class Reconstruction(Section):
    """Images against E[x|z] at the mean of q(z|x): errors, similarity, blur, and the best and worst of them."""

    title = "Reconstruction"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        size = subject.images.source.image_shape[:2]
        return {
            **subject.images.protocol(),
            "seed": subject.options.seed,
            "reconstruction": "E[x|z] at the mean of q(z|x)",
            "ssim_window": quality.window_size(*size),
            "ms_ssim_scales": len(quality.scale_weights(*size)),
            "high_frequency": f"above {quality.CUTOFF} cycles per pixel",
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        binarised = subject.images.pixels == "binarize"
        plain = subject.images.plain() if binarised else iter(())
        gallery, measured = _Gallery(subject.options.seed), []
        for images in subject.images.seen("reconstruction"):
            found = subject.functions.reconstruct(images)
            of_batch = _measure(images, found)
            if binarised:
                grey = _measure(next(plain), found)
                of_batch |= {f"{name}_grey": values for name, values in grey.items()}
            gallery.add(of_batch["mse"], images, found)
            measured.append(of_batch)
        numbers = {name: np.concatenate([of_batch[name] for of_batch in measured]) for name in measured[0]}
        save_arrays(folder / "per_image.npz", numbers)
        scales = len(quality.scale_weights(*subject.images.source.image_shape[:2]))
        figures = _figures(numbers, "") | {"ms_ssim_scales": Figure(scales)}
        if binarised:
            figures |= _figures(numbers, "_grey")
        return Findings(figures, _notes(subject, binarised), gallery.save(folder))


class _Gallery:
    """The worst, the best, and some random reconstructions of a stream."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._worst, self._best, self._random = Lowest(_EXTREMES), Lowest(_EXTREMES), Lowest(_TYPICAL)

    def add(self, errors: np.ndarray, images: np.ndarray, found: np.ndarray) -> None:
        self._worst.add(-errors, images, found)
        self._best.add(errors, images, found)
        self._random.add(self._rng.random(len(errors)), images, found)

    def save(self, folder: Path) -> dict[str, str]:
        """Writes the pictures, and gives their captions."""
        for name, (scores, images, found) in {"worst": self._worst.kept, "best": self._best.kept}.items():
            drawn = pairs(images, found, columns=len(images))
            words = [f"{abs(score):#.2g}" for score in scores]
            save_image(folder / f"{name}.png", labelled(drawn, ["image", "model"], words))
        _, images, found = self._random.kept
        save_image(folder / "random.png", pairs(images, found))
        return {
            "random.png": "Images drawn at random, each above its reconstruction",
            "worst.png": "The worst reconstructions, each below its image, with the mean squared error above",
            "best.png": "The best reconstructions, in the same way",
        }


def _measure(images: np.ndarray, found: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers for each image, (B,), by name."""
    numbers = {name: function(images, found) for name, (function, _, _) in _MEASURES.items()}
    numbers[_FINE] = quality.high_frequency_energy(found)
    numbers[_FINE_OF_IMAGE] = quality.high_frequency_energy(images)
    return numbers


def _figures(numbers: dict[str, np.ndarray], suffix: str) -> dict[str, Figure]:
    figures = {
        name + suffix: mean(numbers[name + suffix], unit, better) for name, (_, unit, better) in _MEASURES.items()
    }
    ratio, error = quality.ratio_of_means(numbers[_FINE + suffix], numbers[_FINE_OF_IMAGE + suffix])
    return figures | {f"high_frequency_ratio{suffix}": Figure(ratio, "", error)}


def _notes(subject: Subject, binarised: bool) -> tuple[str, ...]:
    height, width, _ = subject.images.source.image_shape
    scales, window = len(quality.scale_weights(height, width)), quality.window_size(height, width)
    notes = [
        "The high frequency ratio is the energy of detail finer than four pixels in the reconstructions over that in "
        "the images: below 1 is blur, above 1 is noise.",
        f"MS-SSIM is at {scales} of its 5 scales: as many as a window of {window} pixels fits into {height}×{width}.",
    ]
    if binarised:
        notes.append(
            'The model sees binarised pixels, and is measured against them; figures that end in "grey" are against the '
            "grey images that these were drawn from, which its reconstructions, probabilities, come nearer to."
        )
    return tuple(notes)
