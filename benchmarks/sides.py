"""What takes part in a contest: plain data that can be started, and then takes its turns."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

from benchmarks.turns import Turn

HOME = Path(__file__).resolve().parent.parent


class SideError(RuntimeError):
    """A side's process has ended, or could not begin; the message is the last line that it wrote."""


class Running(ABC):
    """A side that has been started."""

    @abstractmethod
    def wait(self) -> None:
        """Until it is built; raises `SideError` if it cannot be."""

    @abstractmethod
    def turn(self, amount: int) -> Turn:
        """Does `amount` units, while nothing else runs. Raises `SideError` if it cannot."""

    @abstractmethod
    def idle_cpu(self) -> float:
        """CPU seconds that it has used between its turns."""

    @abstractmethod
    def close(self) -> None:
        """Ends whatever lives."""


class Side(ABC):
    """What takes part, before it is started.

    Attributes:
        name: for people, unique in its contest.
    """

    name: str

    @abstractmethod
    def start(self) -> Running:
        """Begins to build it, and returns at once."""


def last_line(log: IO[bytes]) -> str:
    """What a process said before it ended."""
    log.seek(0)
    lines = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"
