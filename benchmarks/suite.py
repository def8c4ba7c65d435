"""What a suite is, and what it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import contest
from benchmarks.contest import Contest, Say


class Table(NamedTuple):
    """Figures that are no ratios.

    Attributes:
        title: above it.
        columns: their heads, with units.
        rows: as many cells each: words, or numbers, which are shown with three or four digits.
        note: what is to be known to read it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]
    note: str = ""


class Findings(NamedTuple):
    """What a suite has measured.

    Attributes:
        comparisons: as `Session.compare` gives them.
        tables: figures that are no ratios.
        notes: sentences; what was left out, and why.
    """

    comparisons: Sequence[dict[str, Any]] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Session:
    """What a suite measures with.

    Attributes:
        rounds: of every contest.
        folder: empty, and removed when the suite has ended.
        say: prints a line.
    """

    rounds: int
    folder: Path
    say: Say

    def compare(self, found: Contest) -> dict[str, Any]:
        """Holds a contest now. See `contest.hold`."""
        return contest.hold(found, self.rounds, self.say)


@dataclass(frozen=True)
class Suite:
    """One group of measurements.

    Args:
        about: a sentence, for `--list`.
        measure: does it. A `UserError` or `SideError` that it raises is shown, and the other suites go on.
    """

    about: str
    measure: Callable[[Session], Findings]
