"""Ways from latent to latent."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Frame = TypeVar("Frame")


def lerp(start: Array, end: Array, share: Array | float) -> Array:
    """The straight line: (…, L) at `share` 0 is `start`, at 1 `end`."""
    return start + (end - start) * share


def slerp(start: Array, end: Array, share: float) -> Array:
    """The arc: directions turn evenly, lengths change evenly, so that points between are as long as the ends.

    The straight line between two draws of a prior of many dimensions passes nearer to the origin than draws do.

    Args:
        start: (…, L) latents.
        end: (…, L) latents.
        share: 0 is `start`, 1 is `end`.

    Returns:
        (…, L). Where an end is zero or both point the same or opposite ways there is no one arc: the straight line.
    """
    long_start, long_end = _length(start), _length(end)
    product = np.maximum(long_start * long_end, np.finfo(np.float32).tiny)
    cosine = np.sum(start * end, axis=-1, keepdims=True) / product
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    known = (sine > 1e-4) & (long_start > 0) & (long_end > 0)
    safe = np.where(known, sine, 1)
    ends = np.where(long_start > 0, long_start, 1), np.where(long_end > 0, long_end, 1)
    turned = np.sin((1 - share) * angle) * start / ends[0] + np.sin(share * angle) * end / ends[1]
    return np.where(known, turned / safe * lerp(long_start, long_end, share), lerp(start, end, share))


def closed_loop(points: Array, steps: int) -> Array:
    """A walk along arcs through all points (P, …, L) and back to the first: (P·steps, …, L)."""
    following = np.roll(points, -1, axis=0)
    shares = np.arange(steps) / steps
    return np.stack(
        [slerp(start, end, share) for start, end in zip(points, following, strict=True) for share in shares]
    )


def eased(steps: int) -> Array:
    """Shares (steps + 1,) from 0 to 1, close together at both ends: a moving picture rests there."""
    return (1 - np.cos(np.linspace(0, np.pi, steps + 1))) / 2


def and_back(frames: list[Frame]) -> list[Frame]:
    """Frames to the last and back to the second, for a picture that moves for ever."""
    return frames + frames[-2:0:-1]


def _length(vectors: Array) -> Array:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)
