"""Measures every finished row in the same way, once: answers are kept in the runs' folders."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tfvae import configuration, files
from tfvae.errors import UserError
from tfvae.evaluation import images, measuring
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.sections.reconstruction import Reconstruction
from tfvae.evaluation.subject import Options, Subject
from tfvae.experiments.distances import Distances
from tfvae.experiments.planning import Plan, Training
from tfvae.experiments.showcase import TILES, Showcase


@dataclass(frozen=True)
class Result:
    """A row of the report.

    Attributes:
        training: it.
        failure: why there is nothing to report; "" if there is.
        report: what the run says of itself.
        sections: of the evaluation, by name, as `evaluation.json` has them; one that was left out has `left_out` alone.
    """

    training: Training
    failure: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def figure(self, section: str, name: str) -> Figure | None:
        """A figure of the evaluation, or None if there is none."""
        return self.findings(section).figures.get(name)

    def findings(self, section: str) -> Findings:
        """Of a section; empty if it was left out."""
        found = self.sections.get(section, {})
        return Findings.from_json(found) if "protocol" in found else Findings({})

    def protocol(self, section: str) -> dict[str, Any]:
        """How a section was measured; empty if it was left out."""
        return self.sections.get(section, {}).get("protocol", {})

    def number(self, name: str) -> float | None:
        """A number of the run's own report, of the test images."""
        return self.report.get("numbers", {}).get("test", {}).get(name)

    def tiles(self) -> dict[str, np.ndarray]:
        """What the row shows: see `Showcase`."""
        return files.load_arrays(self.training.run.folder / self.sections["showcase"]["folder"] / TILES)


def measure_all(made: Plan, failures: Mapping[str, str], say: Callable[[str], None]) -> list[Result]:
    """A result for each row, in order; what failed has only that.

    Args:
        made: checked.
        failures: row → why it is not trained.
        say: takes lines for the user.
    """
    found: list[Result] = []
    for group in made.groups:
        subjects = _Subjects(Options(extractor=made.extractor(group), fit_extractor=True))
        sections = {"reconstruction": Reconstruction(), "distances": Distances(), "showcase": Showcase()}
        for training in made.of(group):
            failure = failures.get(training.name, "")
            found.append(Result(training, failure) if failure else _measured(training, subjects, sections, say))
    return found


def _measured(
    training: Training, subjects: "_Subjects", sections: Mapping[str, Section], say: Callable[[str], None]
) -> Result:
    try:
        found = _sections(subjects.of(training), sections)
    except UserError as error:
        say(f"{training.name}: cannot be measured: {error}")
        return Result(training, str(error))
    result = Result(training, "", training.report or {}, found)
    figures = {name: result.figure("reconstruction", name) for name in ("mse", "ssim")}
    figures["Fréchet distance"] = result.figure("distances", "frechet_distance")
    words = ", ".join(
        f"{name.upper() if name.islower() else name} {figure}" for name, figure in figures.items() if figure
    )
    say(f"{training.name}: {words}")
    return result


def _sections(subject: Subject, sections: Mapping[str, Section]) -> dict[str, dict[str, Any]]:
    plans = [measuring.plan_of(name, section, subject) for name, section in sections.items()]
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # of each model it would say that it is traced anew
    found = {plan.name: measuring.measure(plan, subject.run.folder, _silent) for plan in plans}
    keras = sys.modules.get("keras")
    if keras is not None:  # twenty models in one process: what Keras remembers of each would stay
        keras.backend.clear_session()
    return found


def _silent(text: str) -> None:
    """The table says it."""


class _Subjects:
    """Of the rows of one group: they share their images, for hashing and decoding these takes longer than a model."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._first: dict[str, Subject] = {}

    def of(self, training: Training) -> Subject:
        """A row's. Grey values are what models see without noise here, so that all are measured on the same pixels.

        Raises:
            UserError: the images cannot be found or read.
        """
        run = training.run
        stored = configuration.read(run.config)  # as the data has completed it, which may have moved since
        config = replace(stored, data=replace(stored.data, dir=training.config.data.dir))
        pixels = "binarize" if config.data.pixels == "binarize" else "unit"
        if pixels not in self._first:
            made = images.subject(training.name, run, config, None, (), None, self._options)
            seen = pixels if made.images.source.dtype == np.uint8 else "unit"
            self._first[pixels] = replace(made, images=replace(made.images, pixels=seen))
        return replace(self._first[pixels], name=training.name, run=run, config=config)
