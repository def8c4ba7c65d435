"""Sides that live through all their turns, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.sides import HOME, Running, Side, SideError, last_line
from benchmarks.turns import Turn


@dataclass(frozen=True)
class Worker(Side):
    """A process of its own, so that thread pools and allocators of the sides do not mix.

    Args:
        name: for people: "eager, channels last".
        target: "module:attribute" of a callable that gives a `benchmarks.worker.Work`.
        options: its keyword arguments, plain JSON.
        environment: variables that it has besides.
    """

    name: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> "RunningWorker":
        """See `Side.start`."""
        return RunningWorker(self)


class RunningWorker(Running):
    """See `Worker`."""

    def __init__(self, side: Worker) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        reading, writing = os.pipe()
        self._answers = os.fdopen(reading, encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", str(writing)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            pass_fds=[writing],
            cwd=HOME,
            env={**os.environ, **side.environment},
            text=True,
        )
        os.close(writing)
        self._idle_cpu = 0.0
        self._send(json.dumps({"target": side.target, "options": dict(side.options)}))

    def wait(self) -> None:
        """See `Running.wait`."""
        self.answer()

    def turn(self, amount: int) -> Turn:
        """See `Running.turn`."""
        self._send(str(amount))
        answer = self.answer()
        self._idle_cpu += answer["idle_cpu"]
        return Turn(**answer["turn"])

    def idle_cpu(self) -> float:
        """See `Running.idle_cpu`."""
        return self._idle_cpu

    def answer(self) -> dict[str, Any]:
        """The next answer. Raises `SideError` if the process ends without one."""
        line = self._answers.readline()
        if not line:
            self._process.wait()
            raise SideError(last_line(self._log))
        return json.loads(line)

    def _send(self, line: str) -> None:
        stream: Any = self._process.stdin
        try:
            stream.write(line + "\n")
            stream.flush()
        except BrokenPipeError:
            raise SideError(last_line(self._log)) from None

    def close(self) -> None:
        """See `Running.close`."""
        self._process.kill()
        self._process.communicate()
        self._answers.close()
        self._log.close()


def call(target: str, **options: Any) -> Any:
    """What a function gives, called once in a fresh process.

    Args:
        target: "module:attribute" of a function whose answer is plain JSON.
        **options: its keyword arguments.

    Raises:
        SideError: if it raises.
    """
    running = Worker(target, target, options).start()
    try:
        return running.answer()["value"]
    finally:
        running.close()
