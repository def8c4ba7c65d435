"""How far samples are from real images: of the evaluation's `samples`, what a table shows, for many models in a row."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation.extractors import Extractor, extractor_of
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections import samples
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import BATCH, Subject
from tfvae.progress import track

_SAME = ("extractor", "samples", "compared", "images", "reference", "kernel_block", "seed")


class Distances(Section):
    """Fréchet and kernel distance of samples, and of real images: the same figures as the evaluation's `samples`.

    What is of the real images alone is computed once by each object of this class.
    """

    title = "Sample distances"
    needs_prior = True

    def __init__(self) -> None:
        self._real: dict[str, tuple[Extractor, np.ndarray, dict[str, Figure]]] = {}

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        return samples.Samples().left_out(subject)

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        everything = samples.Samples().protocol(subject)
        return {name: everything[name] for name in _SAME}

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        del folder
        extractor, reference, figures = self._of_real_images(subject)
        drawn = samples.kinds_of(subject, len(reference))["samples"]()
        features = extractor.of(track(drawn, "features of samples", -(-len(reference) // BATCH)))
        found = samples.distances(reference, features, subject.options.seed)
        return Findings({**found, **figures}, extractor.notes())

    def _of_real_images(self, subject: Subject) -> tuple[Extractor, np.ndarray, dict[str, Figure]]:
        """The extractor, features of training images (N, F), and the distances of test images to them."""
        key = json.dumps(self.protocol(subject), sort_keys=True)
        if key not in self._real:
            count, extractor = samples.count_of(subject), extractor_of(subject)
            training = subject.training.first(count).plain("features of training images")
            reference = extractor.of(samples.shown(training))
            test = extractor.of(samples.kinds_of(subject, count)["real_images"]())
            anchors = samples.undirected(samples.distances(reference, test, subject.options.seed))
            figures = {samples.named(name, "real_images"): figure for name, figure in anchors.items()}
            self._real[key] = extractor, reference, figures
        return self._real[key]
