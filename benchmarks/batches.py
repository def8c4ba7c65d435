"""Images for both sides: the same numbers, made up, for what they show changes nothing in the time they take."""

import numpy as np
from numpy.typing import NDArray

DIFFERENT = 4  # batches, in turn


def made_up(shape: tuple[int, int, int], batch_size: int) -> list[NDArray[np.float32]]:
    """Batches (B, H, W, C) of float32 in [0, 1]."""
    rng = np.random.default_rng(0)
    return [rng.random((batch_size, *shape), np.float32) for _ in range(DIFFERENT)]
