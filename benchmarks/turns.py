"""What one turn took, and what two sides' turns say when they are put side by side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Turn(NamedTuple):
    """One piece of work of one side.

    Attributes:
        wall: seconds.
        cpu: seconds of all its threads and child processes, user and system.
        items: how many things were done, images say.
        peak: the most memory its process has held so far, and its live children theirs, in bytes.
    """

    wall: float
    cpu: float
    items: int
    peak: int

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.wall


def ratios(ours: Sequence[Turn], peer: Sequence[Turn]) -> list[float]:
    """How many times as fast ours was as the peer, round by round."""
    return [one.rate / other.rate for one, other in zip(ours, peer, strict=True)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, quartiles and extremes.

    >>> spread([1.0, 2.0, 4.0])["median"]
    2.0
    """
    lowest, lower, median, upper, highest = (float(value) for value in np.percentile(values, [0, 25, 50, 75, 100]))
    return {
        "median": median,
        "lowest": lowest,
        "lower_quartile": lower,
        "upper_quartile": upper,
        "highest": highest,
    }


def summary(turns: Sequence[Turn]) -> dict[str, Any]:
    """One side's turns as JSON: the rate, what an item costs, the memory, and every turn."""
    return {
        "items_per_second": float(np.median([turn.rate for turn in turns])),
        "cpu_seconds_per_item": float(np.median([turn.cpu / turn.items for turn in turns])),
        "peak_bytes": max(turn.peak for turn in turns),
        "turns": [turn._asdict() for turn in turns],
    }
