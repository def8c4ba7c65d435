"""Weights averaged over the steps, as Keras' optimisers keep them (`use_ema=True`)."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Within the block the model has the averaged weights, if its optimiser keeps any and has made a step."""
    averages = _averages(model)
    raw = [variable.numpy() for variable in model.trainable_variables]
    for variable, average in zip(model.trainable_variables, averages, strict=False):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, raw if averages else (), strict=False):
            variable.assign(value)


def _averages(model: keras.Model) -> list[keras.Variable]:
    optimizer = model.optimizer
    if optimizer is None or not optimizer.use_ema or not int(optimizer.iterations):
        return []
    return list(optimizer._model_variables_moving_average)


class ValidateAverages(keras.callbacks.Callback):
    """Validation inside `fit` measures the averaged weights."""

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Puts the averages in."""
        self._swap = averaged_weights(self.model)
        self._swap.__enter__()

    def on_test_end(self, logs: dict | None = None) -> None:
        """Takes them out again."""
        self._swap.__exit__(None, None, None)
