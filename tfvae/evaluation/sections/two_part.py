"""How probable the images are under a prior on codes and a decoder."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import plotting
from tfvae.evaluation import densities
from tfvae.evaluation.figures import Findings, mean
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.files import save_arrays

_BOUND = (
    "log p(c) + log p(x|c) at the codes c that the encoder gives is a lower bound on log p(x), and what a message in "
    "two parts costs: other codes could be decoded to the same image too, and their share is left out. q(c|x) is a "
    "point, so importance sampling with draws from it would give this number again."
)


class TwoPart(Section):
    """log p(c) + log p(x|c), and its two parts."""

    title = "Density"
    needs_prior = True

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        return {
            **subject.images.protocol(),
            "estimator": "two parts: codes under their prior, and the image given its codes",
            "of": densities.measure_of(subject),
            "seed": subject.options.seed,
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`. Also writes `per_image.npz`."""
        seed = subject.options.seed
        parts = [subject.functions.bound(images, seed) for images in subject.images.seen("log p(c) + log p(x|c)")]
        log_likelihood, by_place = (np.concatenate(values) for values in zip(*parts, strict=True))
        rate = by_place.sum(axis=1, dtype=np.float64)
        elbo = log_likelihood - rate
        save_arrays(folder / "per_image.npz", {"log_likelihood": log_likelihood, "code_nats": by_place})
        figures = {
            "elbo": mean(elbo, "nats", "higher"),
            "rate": mean(rate, "nats"),
            "distortion": mean(-log_likelihood, "nats"),
            "bits_per_code": mean(by_place.mean(axis=1) / math.log(2), "bits", "lower"),
        }
        bits, notes = densities.bits_of(subject, figures, ("elbo",))
        _draw(subject, elbo, by_place, folder)
        return Findings({**figures, **bits}, (_BOUND, *notes), _CAPTIONS)


_CAPTIONS = {
    "two_part.png": "The lower bound on log p(x), image by image",
    "places.png": "What the code at each place costs, in bits, averaged over images",
    "least_likely.png": "The least probable images, and below them the most probable ones",
}


def _draw(subject: Subject, elbo: np.ndarray, by_place: np.ndarray, folder: Path) -> None:
    with plotting.panels(folder / "two_part.png", size=(6.0, 3.2)) as (axis,):
        axis.hist(elbo, 60, color=plotting.ORANGE)
        plotting.style(axis, "log p(c) + log p(x|c) of each image", "nats", "images")
        axis.set_axisbelow(True)
    first = next(iter(subject.images.first(1).seen()))
    codes, _ = subject.functions.codes(first)
    costs = by_place.mean(axis=0).reshape(codes.shape[1:]) / math.log(2)
    plotting.place_map(folder / "places.png", costs, "Mean bits of the code at each place")
    densities.draw_extremes(subject, elbo, folder / "least_likely.png")
