"""What a recorded profile says of operations, read without TensorBoard.

A profile is a file of planes (a processor each) of lines (a thread each) of events; an event of an operation is named
"place in the graph:kind". Only what TensorFlow itself ships is needed to read it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

_OPERATION = re.compile(r"(?P<place>[^:]+):(?P<kind>_?[A-Za-z]\w*)")
_CALLS = {"PartitionedCall", "StatefulPartitionedCall"}  # have no work of their own
_PREFIX = re.compile(r"^(Stateful)?PartitionedCall/")
_PICOSECONDS = 1e9  # in a millisecond


class Operation(NamedTuple):
    """One operation of the graph, in all the steps of a profile.

    Attributes:
        place: its name in the graph.
        kind: what TensorFlow calls it; those that oneDNN computes begin with `_Mkl`.
        milliseconds: of all calls, without what they have called.
        calls: how many.
    """

    place: str
    kind: str
    milliseconds: float
    calls: int


def operations(path: Path) -> list[Operation]:
    """The operations in a profile (`….xplane.pb`), the costliest first.

    Raises:
        OSError: the file cannot be read.
    """
    from tensorflow.tsl.profiler.protobuf import xplane_pb2  # here, for it is TensorFlow

    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    spent: dict[tuple[str, str], float] = defaultdict(float)
    calls: dict[tuple[str, str], int] = defaultdict(int)
    for plane in space.planes:
        for line in plane.lines:
            for key, milliseconds in _own_times(_of_operations(line, plane.event_metadata)):
                spent[key] += milliseconds
                calls[key] += 1
    found = [Operation(*key, milliseconds, calls[key]) for key, milliseconds in spent.items()]
    return sorted(found, key=lambda operation: -operation.milliseconds)


def by_kind(found: Iterable[Operation]) -> list[Operation]:
    """The sums of all operations of a kind, the costliest kind first; `place` is empty."""
    sums: dict[str, Operation] = {}
    for operation in found:
        before = sums.get(operation.kind, Operation("", operation.kind, 0.0, 0))
        sums[operation.kind] = before._replace(
            milliseconds=before.milliseconds + operation.milliseconds, calls=before.calls + operation.calls
        )
    return sorted(sums.values(), key=lambda operation: -operation.milliseconds)


def _of_operations(line: Any, metadata: Any) -> Iterator[tuple[tuple[str, str], int, int]]:
    """Key, begin and end in picoseconds of each event of a thread that is an operation."""
    for event in line.events:
        match = _OPERATION.fullmatch(metadata[event.metadata_id].name)
        if match and match["kind"] not in _CALLS:
            place = _PREFIX.sub("", match["place"])
            yield (place, match["kind"]), event.offset_ps, event.offset_ps + event.duration_ps


def _own_times(events: Iterable[tuple[tuple[str, str], int, int]]) -> list[tuple[tuple[str, str], float]]:
    """Milliseconds of each event without those of events that lie inside it on the same thread."""
    own: list[list[Any]] = []
    open_events: list[tuple[int, list[Any]]] = []  # those around the present one, outermost first: end, and its entry
    for key, begin, end in sorted(events, key=lambda event: (event[1], -event[2])):
        while open_events and open_events[-1][0] <= begin:
            open_events.pop()
        if open_events:
            open_events[-1][1][1] -= end - begin
        own.append([key, end - begin])
        open_events.append((end, own[-1]))
    return [(key, picoseconds / _PICOSECONDS) for key, picoseconds in own]
