"""Training steps of a peer, on batches in memory: a bare loop with nothing in it that it could do without."""

from collections.abc import Callable, Iterable, Mapping
from itertools import cycle, islice
from typing import Any

import torch
from torch import Tensor

from benchmarks.batches import made_up
from benchmarks.peers.setup import Configuration
from benchmarks.worker import resolve


class Trained:
    """A peer with its optimiser.

    Args:
        peer: "module:attribute" of the model.
        configuration: see `Configuration`.
    """

    def __init__(self, peer: str, configuration: Mapping[str, Any]) -> None:
        torch.manual_seed(0)
        self.model, self.configuration = resolve(peer)(), Configuration(**configuration)
        self.configuration.prepare(self.model)
        self._loss: Callable[[Tensor], Tensor] = self.configuration.function(self.model)
        self._optimizer = torch.optim.Adam(self.model.parameters(), self.model.learning_rate, fused=True)

    def steps(self, batches: Iterable[Tensor]) -> int:
        """One step for each batch (B, C, H, W); how many images that were."""
        images = 0
        for batch in batches:
            self._optimizer.zero_grad(set_to_none=True)
            self._loss(batch).backward()
            self._optimizer.step()
            images += len(batch)
        return images


class Steps:
    """Work for a worker: a unit is a step.

    Args:
        peer: see `Trained`.
        batch_size: images a step.
        configuration: see `Trained`.
    """

    def __init__(self, peer: str, batch_size: int, configuration: Mapping[str, Any]) -> None:
        self._trained = Trained(peer, configuration)
        channels, height, width = self._trained.model.shape
        made = made_up((height, width, channels), batch_size)
        self._batches = cycle([self._trained.configuration.tensor(batch) for batch in made])

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        return self._trained.steps(islice(self._batches, amount))
