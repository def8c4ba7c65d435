"""Whole epochs of a peer over images in memory, by a bare loop: loaded by torch's loader, or by rows of one tensor."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers.training import Trained


class Epochs:
    """Work for a worker: a unit is an epoch, the short last batch included.

    Args:
        peer: see `Trained`.
        batch_size: images a step.
        configuration: see `Trained`.
        images: path of an npy file, (N, H, W, C) uint8.
        loading: an entry of `LOADING`.
    """

    def __init__(self, peer: str, batch_size: int, configuration: Mapping[str, Any], images: str, loading: str) -> None:
        self._trained = Trained(peer, configuration)
        pixels = self._trained.configuration.tensor(np.load(images).astype(np.float32) / 255)
        self._batches = LOADING[loading](pixels, batch_size)

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        return sum(self._trained.steps(self._batches()) for _ in range(amount))


Batches = Callable[[], Iterable[Tensor]]  # an epoch


def _by_loader(pixels: Tensor, batch_size: int) -> Batches:
    loader = DataLoader(TensorDataset(pixels), batch_size, shuffle=True)
    return lambda: (batch for (batch,) in loader)


def _by_rows(pixels: Tensor, batch_size: int) -> Batches:
    def batches() -> Iterable[Tensor]:
        return (pixels[rows] for rows in torch.randperm(len(pixels)).split(batch_size))

    return batches


LOADING: dict[str, Callable[[Tensor, int], Batches]] = {"loader": _by_loader, "rows": _by_rows}
