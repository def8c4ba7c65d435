"""Sides that are whole commands, from the start of the process to its end."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.sides import HOME, Running, Side, SideError, last_line
from benchmarks.turns import Turn


@dataclass(frozen=True)
class Command(Side):
    """A whole command for each unit. Its times are those of the kernel, and include its children.

    Args:
        name: for people.
        argv: the command line; "python" is this interpreter.
        environment: variables that it has besides.
        items: how many things one run of it does.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    items: int = 1

    def start(self) -> "RunningCommand":
        """See `Side.start`: nothing is to be built."""
        return RunningCommand(self)


class RunningCommand(Running):
    """See `Command`."""

    def __init__(self, side: Command) -> None:
        self._side = side

    def wait(self) -> None:
        """See `Running.wait`."""

    def idle_cpu(self) -> float:
        """See `Running.idle_cpu`: nothing lives between turns."""
        return 0.0

    def close(self) -> None:
        """See `Running.close`."""

    def turn(self, amount: int) -> Turn:
        """See `Running.turn`."""
        turns = [self._once() for _ in range(amount)]
        return Turn(
            wall=sum(turn.wall for turn in turns),
            cpu=sum(turn.cpu for turn in turns),
            items=sum(turn.items for turn in turns),
            peak=max(turn.peak for turn in turns),
        )

    def _once(self) -> Turn:
        argv = [sys.executable if word == "python" else word for word in self._side.argv]
        with tempfile.TemporaryFile() as log:
            begun = time.perf_counter()
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=HOME,
                env={**os.environ, **self._side.environment},
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
            if process.returncode:
                raise SideError(last_line(log))
        return Turn(wall, usage.ru_utime + usage.ru_stime, self._side.items, 1024 * usage.ru_maxrss)
