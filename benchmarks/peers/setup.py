"""What decides how fast a PyTorch model is, and no number: threads, memory layout, compiling, precision."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.machine import cores

LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
PRECISIONS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "float32": nullcontext,
    "bfloat16": lambda: torch.autocast("cpu", torch.bfloat16),  # weights stay float32
}


@dataclass(frozen=True)
class Configuration:
    """One way to run a model.

    Args:
        layout: an entry of `LAYOUTS`.
        compiled: whether by `torch.compile`.
        precision: an entry of `PRECISIONS`.
    """

    layout: str = "channels_last"
    compiled: bool = False
    precision: str = "float32"

    def prepare(self, model: nn.Module) -> None:
        """Threads, reproducible weights, and the layout of the model's."""
        torch.set_num_threads(cores())
        torch.set_flush_denormal(True)  # as TensorFlow does
        model.to(memory_format=LAYOUTS[self.layout])  # pyright: ignore[reportCallIssue]

    def tensor(self, images: NDArray[np.float32]) -> Tensor:
        """Images (N, H, W, C) as the model takes them, (N, C, H, W) in its layout."""
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=LAYOUTS[self.layout])

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as this runs it: compiled or not, in its precision."""
        made, context = torch.compile(function) if self.compiled else function, PRECISIONS[self.precision]

        def call(*arguments: Any) -> Any:
            with context():
                return made(*arguments)

        return call
