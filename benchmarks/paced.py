"""One `fit`, epoch by epoch, each when it is told: as an epoch in the middle of a run is, without the start of one."""

import threading
from collections.abc import Callable

import keras


class PacedFit:
    """Runs an endless `fit` in a thread of its own.

    Args:
        fit: takes a list of callbacks, and trains for more epochs than anyone asks for.
    """

    def __init__(self, fit: Callable[[list[keras.callbacks.Callback]], None]) -> None:
        self._fit, self._gate = fit, _Gate()
        self._error: BaseException | None = None
        threading.Thread(target=self._train, daemon=True).start()

    def epoch(self) -> None:
        """Trains for one epoch, and raises what `fit` has raised."""
        self._gate.begin.release()
        self._gate.end.acquire()
        if self._error is not None:
            raise self._error

    def _train(self) -> None:
        try:
            self._fit([self._gate])
            raise RuntimeError("fit has ended")
        except BaseException as error:
            self._error = error
            self._gate.end.release()


class _Gate(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.begin, self.end = threading.Semaphore(0), threading.Semaphore(0)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begin.acquire()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.end.release()
