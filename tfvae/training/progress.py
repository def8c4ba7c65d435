"""One line that says how far the run is, how good, and how long it will take."""

import math
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

import keras

from tfvae.durations import duration

WIDTH = 24  # of the bar, in characters, where the terminal has room for it
SECONDS_BETWEEN_LINES = 0.2


class Progress(keras.callbacks.Callback):
    """A bar over the whole run on a terminal; one line for each epoch elsewhere.

    Args:
        epochs: of the whole run.
        steps_per_epoch: of the optimiser.
        convert: nats → bits/dim, or None where that has no meaning.
        stream: where to write; None: standard output.
    """

    def __init__(
        self,
        epochs: int,
        steps_per_epoch: int,
        convert: Callable[[float], float] | None = None,
        stream: TextIO | None = None,
    ) -> None:
        super().__init__()
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.convert = convert
        self.stream = stream or sys.stdout
        self._live = self.stream.isatty()
        self._drawn_at = 0.0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Starts the clock: time left is judged by the steps done since."""
        self._began = time.monotonic()
        self._first_step = self._step()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Notes which epoch is running."""
        self._epoch = epoch
        self._epoch_began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Redraws the bar, a few times a second at most."""
        now = time.monotonic()
        if self._live and now - self._drawn_at > SECONDS_BETWEEN_LINES:
            self._drawn_at = now
            step = self._step()
            share = step / (self.epochs * self.steps_per_epoch)
            begin = f"epoch {self._epoch + 1}/{self.epochs} "
            end = f" {share:4.0%}  {self._bound('', logs)}  {self._left(step)}"
            # A line that wraps cannot be drawn over.
            room = shutil.get_terminal_size().columns - 1
            width = min(WIDTH, max(0, room - len(begin + end)))
            filled = round(width * share)
            bar = "━" * filled + "─" * (width - filled)
            self._write(f"\r\033[K{(begin + bar + end)[:room]}")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Leaves a line about the epoch behind."""
        logs = logs or {}
        parts = [f"epoch {epoch + 1:>{len(str(self.epochs))}}/{self.epochs}", self._bound("", logs)]
        best = "val_" if "val_mse" in logs else ""
        if best:
            parts.append(f"validation {self._bound(best, logs)}")
        if best + "kl" in logs:
            parts.append(f"KL {float(logs[best + 'kl']):.1f}")
        parts.append(f"MSE {float(logs[best + 'mse']):.4f}")
        parts.append(f"{time.monotonic() - self._epoch_began:.0f} s")
        parts.append(self._left(self._step()))
        start, end = ("\r\033[K", "\n") if self._live else ("", "\n")
        self._write(start + "  ".join(part for part in parts if part) + end)

    def _bound(self, prefix: str, logs: dict | None) -> str:
        name, nats = objective(logs or {}, prefix)
        bits = f" ({self.convert(nats):.3f} bits/dim)" if self.convert else ""
        return f"{name} {nats:.2f} nats{bits}"

    def _left(self, step: int) -> str:
        done = step - self._first_step
        seconds = (time.monotonic() - self._began) / max(done, 1) * (self.epochs * self.steps_per_epoch - step)
        return f"{duration(seconds)} left" if done and seconds >= 0.5 else ""

    def _step(self) -> int:
        return int(self.model.optimizer.iterations)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def objective(numbers: Mapping[str, float], prefix: str = "") -> tuple[str, float]:
    """What a model is judged by, in words and in nats: its bound, or where it has none what it is trained on."""
    if f"{prefix}negative_elbo" in numbers:
        return "−ELBO", float(numbers[f"{prefix}negative_elbo"])
    return "−log p(x|z)", float(numbers.get(f"{prefix}reconstruction", math.nan))
