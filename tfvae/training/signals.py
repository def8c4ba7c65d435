"""Ctrl-C and SIGTERM that wait until the state of training can be saved."""

import signal
import threading
from types import FrameType
from typing import Any, Self

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class PostponedSignals:
    """Within the `with` block the first Ctrl-C or SIGTERM only sets `received`; a second one acts as ever.

    Outside the main thread, which alone gets signals, nothing changes.
    """

    def __init__(self) -> None:
        self.received = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                self._before[number] = signal.getsignal(number)
                signal.signal(number, self._receive)
        return self

    def __exit__(self, *error: object) -> None:
        for number in self._before:
            self._put_back(number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self._put_back(number)

    def _put_back(self, number: int) -> None:
        # None stands for a handler that was not set from Python, and cannot be set again from there.
        signal.signal(number, self._before[number] or signal.SIG_DFL)
