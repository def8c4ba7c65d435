"""One side's own process: builds its work once, then does as much of it as it is told, when it is told.

python -m benchmarks.worker FD

The first line on stdin names the work, `{"target": "module:attribute", "options": {…}}`; each further line is an
amount. An answer is a line on FD, for libraries print to stdout as they like.
"""

import importlib
import json
import os
import sys
import time
from typing import Any, Protocol, TextIO

from benchmarks import usage


class Work(Protocol):
    """What a target gives when it is called with its options."""

    def run(self, amount: int) -> int:
        """Does `amount` units, whatever they are: steps, epochs, calls. Returns how many items that were."""
        ...


def main() -> None:
    """Answers until stdin ends."""
    answers = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    request = json.loads(sys.stdin.readline())
    made = resolve(request["target"])(**request["options"])
    if not hasattr(made, "run"):  # a function, called once: its answer is all there is
        return _answer(answers, {"value": made})
    _answer(answers, {"ready": True})
    before = usage.cpu_seconds()
    for line in sys.stdin:
        begun_cpu, begun = usage.cpu_seconds(), time.perf_counter()
        items = made.run(int(line))
        wall, cpu = time.perf_counter() - begun, usage.cpu_seconds()
        turn = {"wall": wall, "cpu": cpu - begun_cpu, "items": items, "peak": usage.peak_bytes()}
        _answer(answers, {"turn": turn, "idle_cpu": begun_cpu - before})
        before = usage.cpu_seconds()
    return None


def resolve(target: str) -> Any:
    """What `module:attribute` names."""
    module, attribute = target.split(":")
    return getattr(importlib.import_module(module), attribute)


def _answer(stream: TextIO, value: dict[str, Any]) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
