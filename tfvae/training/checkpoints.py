"""Checkpoints from which a run goes on bit for bit as if it had not been stopped."""

import json
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np

from tfvae.errors import InterruptedRun
from tfvae.files import load_arrays, save_arrays
from tfvae.training.averages import averaged_weights

SECONDS_BETWEEN_SAVES = 300.0  # within an epoch; each epoch ends with a save anyway


class Checkpoints(keras.callbacks.Callback):
    """Keeps two files: `last.npz`, the whole state of training, and `best.npz`, the best weights by validation.

    Everything that a step depends on is in the state: weights, optimiser, and the metrics of an unfinished epoch.
    Data order and noise are functions of the step. "Best" is the lowest validation −ELBO at β = 1, looked for only
    once the KL weight has settled; without validation data it is the last epoch.

    Args:
        folder: where the files go.
        steps_per_epoch: of the optimiser.
        settled: the step from which epochs may be best; see `KLWeight.settled`.
        patience: stop after so many epochs without a better one; 0: never.
    """

    def __init__(self, folder: Path, steps_per_epoch: int, settled: int = 0, patience: int = 0) -> None:
        super().__init__()
        self.last, self.best = folder / "last.npz", folder / "best.npz"
        self.steps_per_epoch = steps_per_epoch
        self.settled = settled
        self.patience = patience
        self.state: dict[str, Any] = {
            "step": 0,
            "best": None,  # validation −ELBO in nats
            "best_epoch": None,
            "waited": 0,  # epochs since
            "stopped": False,  # early
            "seconds": 0.0,  # of training, all parts of it
        }
        self._metrics: list[np.ndarray] | None = None
        self._clock = time.monotonic()  # of the last save
        self._signalled = False

    def restore(self) -> int:
        """Puts the model where `last.npz` left it, if it exists. Returns the optimiser step it stands at."""
        if self.last.exists():
            arrays = load_arrays(self.last)
            self.state = json.loads(str(arrays.pop("state")))
            for variable in _state(self.model):
                variable.assign(arrays[variable.path])
            self._metrics = [arrays[f"metric/{index}"] for index in range(len(_metric_variables(self.model)))]
        return self.state["step"]

    def on_train_begin(self, logs: dict | None = None) -> None:
        """From here on Ctrl-C and SIGTERM wait for the end of the step; a second Ctrl-C does not."""
        self._clock = time.monotonic()
        self._handlers = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_train_end(self, logs: dict | None = None) -> None:
        """Puts back the signal handlers that were there."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
        signal.signal(number, self._handlers[number])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Gives an epoch that was broken off the metrics that it had by then."""
        if self._metrics is not None and self.state["step"] % self.steps_per_epoch:
            for variable, value in zip(_metric_variables(self.model), self._metrics, strict=True):
                variable.assign(value)
        self._metrics = None

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves now and then, and before stopping when asked to."""
        if self._signalled or time.monotonic() - self._clock > SECONDS_BETWEEN_SAVES:
            self._save()
        if self._signalled:
            self.on_train_end()
            raise InterruptedRun

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves, and keeps the weights apart if the epoch is the best so far."""
        bound = (logs or {}).get("val_negative_elbo")
        step = int(self.model.optimizer.iterations)
        if step >= self.settled:
            self._compare(epoch, bound)
        self._save()
        if self.patience and self.state["waited"] >= self.patience:
            self.state["stopped"] = True
            self._save()
            self.model.stop_training = True

    def _compare(self, epoch: int, bound: float | None) -> None:
        best = self.state["best"]
        if bound is None or best is None or bound < best:
            self.state |= {"best": bound, "best_epoch": epoch + 1, "waited": 0}
            save_weights(self.model, self.best)
        else:
            self.state["waited"] += 1

    def _save(self) -> None:
        now = time.monotonic()
        self.state["step"] = int(self.model.optimizer.iterations)
        self.state["seconds"] += now - self._clock
        self._clock = now
        arrays = {variable.path: variable.numpy() for variable in _state(self.model)}
        arrays |= {f"metric/{i}": variable.numpy() for i, variable in enumerate(_metric_variables(self.model))}
        save_arrays(self.last, {**arrays, "state": np.array(json.dumps(self.state))})


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes the weights, averaged where the optimiser keeps averages, by their paths."""
    with averaged_weights(model):
        save_arrays(path, {variable.path: variable.numpy() for variable in model.weights})


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads weights written by `save_weights` into a model of the same structure.

    Raises:
        ValueError: if a weight is missing there or has another shape.
    """
    arrays = load_arrays(path)
    for variable in model.weights:
        found = arrays.get(variable.path)
        if found is None or found.shape != tuple(variable.shape):
            shape = "none" if found is None else found.shape
            raise ValueError(f"{path.name} does not fit this model: {variable.path} is {variable.shape}, found {shape}")
        variable.assign(found)


def _state(model: keras.Model) -> list[keras.Variable]:
    return [*model.weights, *model.optimizer.variables]


def _metric_variables(model: keras.Model) -> list[keras.Variable]:
    return [variable for metric in model.metrics for variable in metric.variables]
