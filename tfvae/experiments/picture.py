"""All rows side by side: the same test images reconstructed, and samples of the same seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfvae import plotting
from tfvae.experiments.results import Result
from tfvae.experiments.showcase import NUM_TILES

_WIDTH = 640  # pixels of a half
_FEWEST = 3
_GAP = 24


def draw(path: Path, results: Sequence[Result]) -> None:
    """Writes a picture with a row for each result, below one of originals.

    Args:
        path: where to.
        results: measured, of images of one shape; at least one.
    """
    names = [result.training.name for result in results]
    tiles = [result.tiles() for result in results]
    originals = plotting.enlarge(tiles[0]["originals"])
    columns = min(NUM_TILES, max(_FEWEST, _WIDTH // originals.shape[2]))
    left = np.concatenate(
        [_filled(originals[:columns], columns), *(_row(found, "reconstructions", columns) for found in tiles)]
    )
    right = np.concatenate(
        [_filled(originals[columns : 2 * columns], columns), *(_row(found, "samples", columns) for found in tiles)]
    )
    halves = [
        plotting.labelled(plotting.grid(left, columns, scale=1), ["originals", *names], ["reconstructions"]),
        plotting.labelled(plotting.grid(right, columns, scale=1), columns=["samples"]),
    ]
    plotting.save_image(path, plotting.beside(halves, _GAP))


def _row(tiles: dict[str, np.ndarray], kind: str, columns: int) -> np.ndarray:
    if kind not in tiles:
        return _filled(plotting.enlarge(tiles["originals"])[:0], columns)
    return _filled(plotting.enlarge(tiles[kind])[:columns], columns)


def _filled(tiles: np.ndarray, columns: int) -> np.ndarray:
    """As many tiles as there are columns; those that there are not are white."""
    return np.pad(tiles, ((0, columns - len(tiles)), (0, 0), (0, 0), (0, 0)), constant_values=255)
