"""What every way of measuring how probable images are has in common."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfvae import plotting
from tfvae.errors import UserError
from tfvae.evaluation.figures import Figure
from tfvae.evaluation.subject import Subject
from tfvae.likelihoods import LIKELIHOODS

_SHOWN = 40
_MEASURES = {  # by support: nats of one are not comparable with those of another
    "binary": "mass of binary pixels",
    "levels": "mass of 8-bit levels",
    "interval": "density on [0, 1]",
}


def measure_of(subject: Subject) -> str:
    """What log p(x) is the logarithm of, for a protocol."""
    return _MEASURES[LIKELIHOODS.constant(subject.config.model.likelihood.name, "support", "interval")]


def bits_of(
    subject: Subject, figures: dict[str, Figure], names: tuple[str, ...]
) -> tuple[dict[str, Figure], tuple[str, ...]]:
    """Figures in nats as bits/dim too, `<name>_bits_per_dim`; or none, and a sentence that says why."""
    from tfvae.evaluation import bits  # TensorFlow

    try:
        convert = bits.converter(subject.config, subject.images)
    except UserError as refusal:
        return {}, (str(refusal),)
    per_nat = convert(1.0) - convert(0.0)
    found = {}
    for name in names:
        error = figures[name].standard_error
        error = None if error is None else error * per_nat
        found[f"{name}_bits_per_dim"] = Figure(convert(-figures[name].value), "bits/dim", error, "lower")
    return found, ()


def draw_extremes(subject: Subject, nats: NDArray[np.floating], path: Path) -> None:
    """Draws the images of the lowest log p(x), and below them those of the highest."""
    order = np.argsort(nats)
    shown = min(_SHOWN, len(order) // 2 or 1)
    chosen = np.concatenate([order[:shown], order[::-1][:shown]])
    plotting.save_image(path, plotting.grid(subject.images.take(chosen), columns=min(20, shown)))
