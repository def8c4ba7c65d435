"""Checkpoints from which a run goes on bit for bit as if it had not been stopped."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfvae.errors import InterruptedRun, UserError
from tfvae.files import load_arrays, save_arrays
from tfvae.training.averages import averaged_weights
from tfvae.training.signals import PostponedSignals

SECONDS_BETWEEN_SAVES = 300.0  # within an epoch; each epoch ends with a save anyway


class Best(keras.callbacks.Callback):
    """Keeps `best.npz`, the best weights by validation, and ends a run that no longer gets better.

    "Best" is the lowest validation loss, −ELBO at β = 1, looked for only once the KL weight has settled; without
    validation data it is the last epoch. Stands before the callbacks that must know that an epoch is the last.

    Args:
        path: of the file.
        settled: the step from which epochs may be best; see `KLWeight.settled`.
        patience: stop after so many epochs without a better one; 0: never.
    """

    def __init__(self, path: Path, settled: int = 0, patience: int = 0) -> None:
        super().__init__()
        self.path = path
        self.settled = settled
        self.patience = patience
        self.state: dict[str, Any] = {
            "best": None,  # validation loss in nats
            "best_epoch": None,
            "waited": 0,  # epochs since
            "stopped": False,  # early
        }

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compares the epoch with the best so far."""
        if int(self.model.optimizer.iterations) < self.settled:
            return
        loss, best = (logs or {}).get("val_loss"), self.state["best"]
        if loss is None or best is None or loss < best:
            self.state |= {"best": loss, "best_epoch": epoch + 1, "waited": 0}
            save_weights(self.model, self.path)
        else:
            self.state["waited"] += 1
        if self.patience and self.state["waited"] >= self.patience:
            self.state["stopped"] = True
            self.model.stop_training = True


class Checkpoints(keras.callbacks.Callback):
    """Keeps `last.npz`, the whole state of training. Stands last: what it saves is an epoch with all else done.

    Everything that a step depends on is in it: weights, optimiser, and the metrics of an unfinished epoch. Data
    order and noise are functions of the step.

    Args:
        path: of the file.
        steps_per_epoch: of the optimiser.
        best: whose state is saved with the rest.
        signals: whether the run was asked to stop.
    """

    def __init__(self, path: Path, steps_per_epoch: int, best: Best, signals: PostponedSignals) -> None:
        super().__init__()
        self.path = path
        self.steps_per_epoch = steps_per_epoch
        self.best = best
        self.signals = signals
        self.step = 0
        self.seconds = 0.0  # of training, all parts of it
        self.notes: dict[str, Any] = {}  # kept with the state, for whoever put them there
        self._metrics: list[np.ndarray] = []
        self._clock = time.monotonic()  # of the last save

    @property
    def state(self) -> dict[str, Any]:
        """What a report says of training: `step`, `seconds`, `best`, `best_epoch`, `stopped` early, and notes."""
        return {"step": self.step, "seconds": self.seconds, **self.best.state, **self.notes}

    def restore(self) -> int:
        """Puts the model where `last.npz` left it, if it exists. Returns the optimiser step it stands at.

        Raises:
            UserError: if it is of another structure.
        """
        self._clock = time.monotonic()
        if not self.path.exists():
            return 0
        arrays = load_arrays(self.path)
        state = json.loads(str(arrays.pop("state")))
        self._metrics = [arrays.pop(name) for name in list(arrays) if name.startswith("metric/")]
        try:
            _assign(_state(self.model), arrays)
        except ValueError as error:
            raise UserError(
                f"cannot go on from {self.path}, which another version of this program wrote ({error}): "
                f"begin afresh with --overwrite"
            ) from error
        self.step, self.seconds = state.pop("step"), state.pop("seconds")
        self.best.state = {name: state.pop(name) for name in self.best.state}
        self.notes = state
        return self.step

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Gives an epoch that was broken off the metrics that it had by then."""
        if self._metrics and self.step % self.steps_per_epoch:
            for variable, value in zip(_metric_variables(self.model), self._metrics, strict=True):
                variable.assign(value)
        self._metrics = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves now and then, and before stopping when asked to."""
        due = self.signals.received or time.monotonic() - self._clock > SECONDS_BETWEEN_SAVES
        # Not after an epoch's last step: who goes on from there would take it for measured, logged and compared.
        if due and int(self.model.optimizer.iterations) % self.steps_per_epoch:
            self._save()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves."""
        self._save()

    def _save(self) -> None:
        now = time.monotonic()
        self.step = int(self.model.optimizer.iterations)
        self.seconds += now - self._clock
        self._clock = now
        metrics = {f"metric/{i}": variable.numpy() for i, variable in enumerate(_metric_variables(self.model))}
        save_arrays(self.path, {**_named(_state(self.model)), **metrics, "state": np.array(json.dumps(self.state))})
        if self.signals.received:
            raise InterruptedRun


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes the weights in their order, averaged where the optimiser keeps averages."""
    with averaged_weights(model):
        save_arrays(path, _named(model.weights))


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads weights written by `save_weights` into a model of the same structure.

    Raises:
        ValueError: if their number or a shape is another; the model is then as it was.
    """
    _assign(model.weights, load_arrays(path))


def _named(variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    # The number makes the names unique, and is all that counts: Keras names layers by how many the process has made.
    return {f"{index:04d}/{variable.path}": variable.numpy() for index, variable in enumerate(variables)}


def _assign(variables: Sequence[keras.Variable], arrays: dict[str, np.ndarray]) -> None:
    if len(variables) != len(arrays):
        raise ValueError(f"it holds {len(arrays)} arrays, and this model has {len(variables)} variables")
    for variable, (name, array) in zip(variables, arrays.items(), strict=True):
        if array.shape != tuple(variable.shape):
            raise ValueError(f"its {name} has the shape {array.shape}, and this model's {tuple(variable.shape)}")
    for variable, array in zip(variables, arrays.values(), strict=True):
        variable.assign(array)


def _state(model: keras.Model) -> list[keras.Variable]:
    return [*model.weights, *model.optimizer.variables]


def _metric_variables(model: keras.Model) -> list[keras.Variable]:
    return [variable for metric in model.metrics for variable in metric.variables]
