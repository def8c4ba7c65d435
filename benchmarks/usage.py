"""CPU seconds and memory of a process and of its live children, from /proc (Linux)."""

import os
import resource
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """Of this process, of the children that have ended, and of those that live; user and system."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + sum(map(_ticks, _descendants(os.getpid())))


def peak_bytes() -> int:
    """The most that this process has held in memory, and its live children, each at its own time."""
    pids = [os.getpid(), *_descendants(os.getpid())]
    return sum(_status(pid, "VmHWM") for pid in pids)


def resident_bytes() -> int:
    """What this process holds in memory now."""
    return _status(os.getpid(), "VmRSS")


def _descendants(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:  # it has just ended
        return []
    return [found for child in children for found in (child, *_descendants(child))]


def _ticks(pid: int) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) / _TICKS  # utime, stime and those of its ended children


def _status(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)
