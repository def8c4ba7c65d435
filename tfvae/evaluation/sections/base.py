"""The contract of every section of an evaluation."""

import abc
from pathlib import Path
from typing import Any

from tfvae.evaluation.figures import Findings
from tfvae.evaluation.subject import Subject


class Section(abc.ABC):
    """One part of an evaluation: what `--metrics` names, and one heading of the report.

    Modules of sections import no TensorFlow at the top: an answer from the cache must not wait for it.

    Attributes:
        title: heading of the report.
        needs_prior: whether it measures a bound, a KL or samples; it is left out for a model that has no prior.
    """

    title: str
    needs_prior: bool = False

    def left_out(self, subject: Subject) -> str:
        """Why there is nothing to measure here, and what to do about it, after "left out: "; "" if there is."""
        del subject
        return ""

    @abc.abstractmethod
    def protocol(self, subject: Subject) -> dict[str, Any]:
        """How it is measured, plain JSON types: all that decides the figures but for the weights.

        Two runs can stand in one column only if their protocols are equal; and an answer is taken from the cache if
        its protocol and the weights are.
        """

    @abc.abstractmethod
    def measure(self, subject: Subject, folder: Path) -> Findings:
        """Measures, and writes its pictures into `folder`, which exists.

        `folder` is still there, with all that was put there, when an interrupted measurement is begun again.
        """
