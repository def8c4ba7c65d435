"""One bar, with the time left, for whatever takes longer than a glance."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

_PATIENCE = 3.0  # seconds before a bar is shown
_BETWEEN = {True: 0.2, False: 10.0}  # seconds between two drawings: on a terminal, and in a log


def track(items: Iterable[T], label: str, total: int | None = None, unit: str = "batch") -> Iterator[T]:
    """Gives `items` one by one, and shows how many are done once that has taken a while.

    Args:
        items: to go through.
        label: what is being done.
        total: number of items; None: their own length, if they have one.
        unit: what an item is called.
    """
    between = _BETWEEN[sys.stderr.isatty()]
    yield from tqdm(items, label, total, unit=unit, delay=_PATIENCE, mininterval=between, leave=False)
