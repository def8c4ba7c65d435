"""What an experiment is: plain data, written down in `config.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One training of an experiment.

    Attributes:
        preset: by its name in `config.py`.
        flags: what is changed in it, as on the command line of `vae.py`: `--config.model.latent_dim=512`.
        name: of the row and of the run's folder; "": the preset's.
    """

    preset: str
    flags: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Group:
    """Trainings on the same images, which make one table and one picture.

    Attributes:
        title: its heading.
        rows: trainings in the order of the table; a word stands for the preset of that name.
        flags: what is changed in all of them: the data set and the budget, as on the command line of `vae.py`.
        extractor: what features samples are judged by; see `tfvae.evaluation.extractors`.
        published: heading of a column → row → a figure that its authors give, shown beside ours.
        tradeoff: kind of model → its rows, of different KL weights: reconstruction and samples drawn over that weight.
    """

    title: str
    rows: tuple[str | Row, ...]
    flags: tuple[str, ...] = ()
    extractor: str = "random"
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tradeoff: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def all_rows(self) -> list[Row]:
        """Each row in full."""
        rows = [row if isinstance(row, Row) else Row(row) for row in self.rows]
        return [Row(row.preset, row.flags, row.name or row.preset) for row in rows]


@dataclass(frozen=True)
class Experiment:
    """Groups of trainings in one report.

    Attributes:
        about: one sentence for the list of experiments and the head of the report.
        groups: by short names, which their pictures get.
    """

    about: str
    groups: Mapping[str, Group]
