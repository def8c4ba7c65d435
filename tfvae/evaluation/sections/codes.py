"""How the codes of a model with a codebook are used, and what they cost."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.files import save_arrays
from tfvae.models import MODELS
from tfvae.plotting import code_maps, code_usage, save_image

_SHOWN = 8  # images whose codes are drawn


class Codes(Section):
    """Share of the codes in use, perplexity, and bits per pixel, over all images."""

    title = "Codes"

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        family = subject.config.model.family.name
        if MODELS.constant(family, "quantized", False):
            return ""
        return f"latents of the family {family} are no codes; choose a run of one whose are, vqvae say"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        return {**subject.images.protocol(), "perplexity": "exp of the entropy of the counts over all images"}

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        counts = np.zeros(subject.functions.num_codes, np.int64)
        places = 0
        for images in subject.images.seen("codes"):
            codes, _ = subject.functions.codes(images)
            counts += np.bincount(codes.ravel(), minlength=len(counts))
            places = codes[0].size
        save_arrays(folder / "counts.npz", {"counts": counts})
        _draw(subject, counts, folder)
        figures = _figures(counts, places, subject.images.source.image_shape)
        return Findings(figures, _notes(counts, places), _CAPTIONS)


_CAPTIONS = {
    "usage.png": "How often each code is used, the most used first",
    "maps.png": "Images, their codes (near vectors have near colours), and what is decoded from these",
}


def _figures(counts: np.ndarray, places: int, image_shape: tuple[int, ...]) -> dict[str, Figure]:
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-np.sum(shares * np.log2(shares)))  # bits
    pixels = math.prod(image_shape[:2])
    return {
        "codes": Figure(len(counts)),
        "codes_used": Figure(len(shares), better="higher"),
        "share_used": Figure(len(shares) / len(counts), better="higher"),
        "perplexity": Figure(2**entropy, better="higher"),
        "places": Figure(places),
        "rate": Figure(places * math.log2(len(counts)) / pixels, "bits/pixel"),
        "rate_of_counts": Figure(places * entropy / pixels, "bits/pixel"),
    }


def _notes(counts: np.ndarray, places: int) -> tuple[str, ...]:
    notes = [
        f"Each image has {places} codes. Rate: every code costs log₂ {len(counts):,} bits. Rate of the counts: what an "
        f"entropy coder would need that knows how often each code occurs in these images, and nothing of their order."
    ]
    few = counts.sum() < 10 * len(counts)
    if few:
        notes.insert(0, f"{counts.sum():,} places are few for {len(counts):,} codes: usage and perplexity are too low.")
    return tuple(notes)


def _draw(subject: Subject, counts: np.ndarray, folder: Path) -> None:
    code_usage(folder / "usage.png", counts)
    shown = np.concatenate(list(subject.images.first(_SHOWN).seen()))
    _, vectors = subject.functions.codes(shown)
    save_image(folder / "maps.png", code_maps(shown, vectors, subject.functions.reconstruct(shown)))
