"""The few of a stream that score lowest."""

import numpy as np


class Lowest:
    """Keeps what belongs to the `count` lowest scores of all that it is given; memory does not grow with the stream.

    Args:
        count: how many to keep.

    Attributes:
        kept: the scores, rising, and the arrays given with them, in the same order; empty before the first `add`.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.kept: tuple[np.ndarray, ...] = ()

    def add(self, scores: np.ndarray, *arrays: np.ndarray) -> None:
        """Takes scores (B,) and arrays (B, …) that belong to them, as many at every call."""
        given = (scores, *arrays)
        both = tuple(map(np.concatenate, zip(self.kept, given, strict=True))) if self.kept else given
        order = np.argsort(both[0], kind="stable")[: self.count]
        self.kept = tuple(array[order] for array in both)
