"""Encoding and decoding by a peer: without gradients, batch normalisation by its averages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from benchmarks.batches import made_up
from benchmarks.peers.setup import Configuration
from benchmarks.worker import resolve


class Calls:
    """Work for a worker: a unit is a call with one batch.

    Args:
        peer: "module:attribute" of the model.
        verb: "encode" or "decode".
        batch_size: images a call.
        configuration: see `Configuration`.
    """

    def __init__(self, peer: str, verb: str, batch_size: int, configuration: Mapping[str, Any]) -> None:
        torch.manual_seed(0)
        model, settings = resolve(peer)().eval(), Configuration(**configuration)
        settings.prepare(model)
        self._function, self._batch_size = settings.function(getattr(model, verb)), batch_size
        channels, height, width = model.shape
        images = settings.tensor(made_up((height, width, channels), batch_size)[0])
        with torch.inference_mode():
            latents = torch.from_numpy(np.random.default_rng(0).normal(size=model.encode(images)[0].shape))
        self._argument = {"encode": images, "decode": latents.float()}[verb]

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        with torch.inference_mode():
            for _ in range(amount):
                self._function(self._argument)
        return amount * self._batch_size
