"""What a row shows: pictures of the same test images and the same seed in every row, and what its networks hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files, plotting
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.models import MODELS

TILES = "tiles.npz"
NUM_TILES = 10  # reconstructions, and samples; of originals twice as many


class Showcase(Section):
    """Reconstructions and samples as arrays, and the size of the networks' activations."""

    title = "Showcase"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        shown = subject.images.first(2 * NUM_TILES)
        return {**shown.protocol(), "tiles": NUM_TILES, "seed": subject.options.seed}

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`: writes `tiles.npz`, of uint8 images by what they are."""
        from tfvae import runs  # Keras, which an answer from the cache is had without
        from tfvae.experiments import activations

        files.save_arrays(folder / TILES, {name: _eight_bits(images) for name, images in _tiles(subject)})
        size = activations.megabytes(runs.build(subject.config))
        return Findings({"activations": Figure(size, "MB")}, (), {TILES: "Images of the row, as arrays"})


def _tiles(subject: Subject) -> Iterator[tuple[str, np.ndarray]]:
    """What is shown → (N, H, W, C) in [0, 1]."""
    shown, functions = subject.images.first(2 * NUM_TILES), subject.functions
    yield "originals", shown.take(np.arange(shown.num_images))
    seen = np.concatenate(list(shown.seen()))[:NUM_TILES]
    yield "reconstructions", functions.reconstruct(seen)
    if MODELS.constant(subject.config.model.family.name, "has_prior", True):
        yield "samples", functions.decode(functions.prior(NUM_TILES, subject.options.seed))


def _eight_bits(images: np.ndarray) -> np.ndarray:
    return plotting.to_uint8(np.clip(images, 0, 1))
