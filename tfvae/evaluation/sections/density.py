"""How probable the images are under the model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import plotting
from tfvae.evaluation import densities
from tfvae.evaluation.concurrency import WORKERS, in_order
from tfvae.evaluation.figures import Figure, Findings, mean
from tfvae.evaluation.marginal import chunks, log_marginal
from tfvae.evaluation.resumable import Resumable
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.sections.two_part import TwoPart
from tfvae.evaluation.subject import BATCH, Subject
from tfvae.progress import track

BYTES_AT_ONCE = 2**30  # of decoder activations, those of all threads
_FIELDS = ("log_likelihood", "kl", "log_marginal", "standard_error", "effective_samples")


class Density(Section):
    """The evidence lower bound with its rate and distortion, and log p(x) by importance sampling.

    Of a model whose q(z|x) is a point, the bound alone: see `TwoPart`.
    """

    title = "Density"
    needs_prior = True

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        if subject.in_two_parts:
            return TwoPart().protocol(subject)
        return {
            **subject.images.protocol(),
            "estimator": "importance sampling with draws from q(z|x)",
            "of": densities.measure_of(subject),
            "samples": subject.options.samples,
            "seed": subject.options.seed,
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`. Also writes `per_image.npz`."""
        if subject.in_two_parts:
            return TwoPart().measure(subject, folder)
        found = self._per_image(subject, folder)
        elbo = found["log_likelihood"] - found["kl"]
        figures = {
            "elbo": mean(elbo, "nats", "higher"),
            "rate": mean(found["kl"], "nats"),
            "distortion": mean(-found["log_likelihood"], "nats"),
            "log_marginal": mean(found["log_marginal"], "nats", "higher"),
            "gap": mean(found["log_marginal"] - elbo, "nats"),
            "effective_samples": Figure(float(np.median(found["effective_samples"]))),
        }
        bits, notes = densities.bits_of(subject, figures, ("elbo", "log_marginal"))
        files = {
            "log_marginal.png": "log p(x) and its lower bound, image by image",
            "least_likely.png": "The least probable images, and below them the most probable ones",
        }
        _draw(subject, found, folder)
        warnings = (*_warnings(found, subject.options.samples), *_bounded(subject))
        return Findings({**figures, **bits}, (*warnings, *notes), files)

    def _per_image(self, subject: Subject, folder: Path) -> dict[str, np.ndarray]:
        functions, options = subject.functions, subject.options
        floats = functions.floats_per_decode + 4 * int(np.prod(subject.images.source.image_shape))
        size, draws = chunks(options.samples, floats, BYTES_AT_ONCE // WORKERS)
        state = Resumable(folder / "per_image.npz", _FIELDS, subject.images.num_images)

        def measure(piece: tuple[int, np.ndarray]) -> dict[str, np.ndarray]:
            first, images = piece
            seed = options.seed + (first << 43)  # 2¹² chunks of one image have a seed of their own
            log_likelihood, kl = functions.bound(images, seed)
            estimate = log_marginal(functions.log_weights, images, options.samples, seed, draws)
            return {"log_likelihood": log_likelihood, "kl": kl.sum(axis=1), **estimate._asdict()}

        left = (piece for piece in _pieces(subject, size) if piece[0] >= state.done)
        with state:
            for found in track(in_order(measure, left), "log p(x)", _num_pieces(subject, size), "step"):
                state.append(**found)
        return state.arrays


def _pieces(subject: Subject, size: int) -> Iterator[tuple[int, np.ndarray]]:
    """Small batches with the number of their first image; what an image looks like does not depend on `size`."""
    for number, batch in enumerate(subject.images.seen()):
        for start in range(0, len(batch), size):
            yield number * BATCH + start, batch[start : start + size]


def _num_pieces(subject: Subject, size: int) -> int:
    whole, rest = divmod(subject.images.num_images, BATCH)
    return whole * -(-BATCH // size) + -(-rest // size)


def _warnings(found: dict[str, np.ndarray], num_samples: int) -> tuple[str, ...]:
    alone = float(np.mean(found["effective_samples"] < 2))
    if num_samples == 1 or alone < 0.1:
        return ()
    return (
        f"for {alone:.0%} of the images one or two of the {num_samples} draws carry the whole estimate of log p(x), "
        f"which is then far too low: more --samples raise it",
    )


def _bounded(subject: Subject) -> tuple[str, ...]:
    if not subject.bounded_posterior:
        return ()
    return (
        f"q(z|x) is {subject.bounded_posterior}, and never draws what lies outside its bounds: the estimate of log "
        f"p(x) is of the part inside, too low however many the draws",
    )


def _draw(subject: Subject, found: dict[str, np.ndarray], folder: Path) -> None:
    with plotting.panels(folder / "log_marginal.png", size=(6.0, 3.2)) as (axis,):
        elbo = found["log_likelihood"] - found["kl"]
        bins = np.histogram_bin_edges(np.concatenate([elbo, found["log_marginal"]]), 60).tolist()
        axis.hist(elbo, bins, color=plotting.ORANGE, alpha=0.6, label="lower bound, one draw")
        axis.hist(found["log_marginal"], bins, color=plotting.BLUE, alpha=0.6, label="log p(x)")
        axis.legend(fontsize=8, frameon=False)
        plotting.style(axis, "How probable each image is", "nats", "images")
    densities.draw_extremes(subject, found["log_marginal"], folder / "least_likely.png")
