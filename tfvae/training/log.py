"""The run's tables of epochs, as CSV."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import keras

from tfvae import files


class RunLog(keras.callbacks.Callback):
    """Writes a table, a row an epoch, whole and at once each time.

    Args:
        path: of the file.
        epochs: of those already there, how many to keep: what came after is about to be done again.
        names: of the columns beside `epoch`; (): all that there is when it is this callback's turn.
    """

    def __init__(self, path: Path, epochs: int = 0, names: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.path = path
        self.names = names
        self.rows = read(path)[:epochs] if path.exists() else []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Adds the row of this epoch."""
        logs = logs or {}
        row = {"epoch": epoch + 1, **{name: float(logs[name]) for name in self.names or logs if name in logs}}
        self.rows = [*self.rows[:epoch], row]
        names = list(dict.fromkeys(name for one in self.rows for name in one))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**one, "epoch": int(one["epoch"])} for one in self.rows)
        files.write_text(self.path, text.getvalue())


def read(path: Path) -> list[dict[str, float]]:
    """The rows of a log: one dict an epoch, without what was not measured."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


class BitsPerDim(keras.callbacks.Callback):
    """Adds bits/dim of 8-bit data to the logs of an epoch. Stands before the callbacks that read them.

    Args:
        convert: nats → bits/dim.
    """

    def __init__(self, convert: Callable[[float], float]) -> None:
        super().__init__()
        self.convert = convert

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Adds `bits_per_dim` and its validation twin."""
        for prefix in ("", "val_"):
            if logs is not None and f"{prefix}negative_elbo" in logs:
                logs[f"{prefix}bits_per_dim"] = self.convert(float(logs[f"{prefix}negative_elbo"]))
