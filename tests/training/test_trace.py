"""What is read from a recorded trace, against traces written here."""

import pytest
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from tfvae.training.trace import Operation, by_kind, operations


@pytest.fixture
def written(tmp_path):
    """Writes a trace of threads, each a list of (name, begin, end) in milliseconds; returns its path."""

    def write(*threads):
        space = xplane_pb2.XSpace()
        plane = space.planes.add(name="/host:CPU")
        numbers = {}
        for events in threads:
            line = plane.lines.add(name="tf_Compute")
            for name, begin, end in events:
                number = numbers.setdefault(name, len(numbers) + 1)
                plane.event_metadata[number].name = name
                line.events.add(
                    metadata_id=number, offset_ps=round(begin * 1e9), duration_ps=round((end - begin) * 1e9)
                )
        path = tmp_path / "host.xplane.pb"
        path.write_bytes(space.SerializeToString())
        return path

    return write


def test_sums_over_threads_costliest_first(written):
    path = written(
        [("a/b:Mul", 0, 1), ("StatefulPartitionedCall/c/Conv2D:_MklNativeConv2D", 1, 6), ("a/b:Mul", 7, 9)],
        [("a/b:Mul", 0, 1)],
    )
    assert operations(path) == [
        Operation("c/Conv2D", "_MklNativeConv2D", pytest.approx(5), 1),
        Operation("a/b", "Mul", pytest.approx(4), 3),
    ]


def test_time_inside_another_operation_is_not_counted_twice(written):
    path = written(
        [("w:While", 0, 10), ("w/a:Add", 1, 4), ("w/a/b:Mul", 2, 3), ("w/c:Add", 4, 6), ("after:Sub", 10, 12)],
        [("other:Neg", 3, 5)],  # at the same time, on another thread
    )
    found = {operation.place: operation.milliseconds for operation in operations(path)}
    assert found == pytest.approx({"w": 5, "w/a": 2, "w/a/b": 1, "w/c": 2, "after": 2, "other": 2})


def test_what_is_no_operation_is_left_out(written):
    path = written(
        [
            ("ExecutorState::Process", 0, 9),
            ("EagerLocalExecute: __inference_one_step", 0, 9),
            ("call:StatefulPartitionedCall", 0, 8),
            ("a:Mul", 1, 2),
            ("python", 3, 4),
        ]
    )
    assert operations(path) == [Operation("a", "Mul", pytest.approx(1), 1)]


def test_an_empty_trace(written):
    assert operations(written()) == []


def test_kinds_are_sums():
    found = [Operation("a", "Mul", 2.0, 1), Operation("b", "Add", 3.0, 4), Operation("c", "Mul", 1.5, 2)]
    assert by_kind(found) == [Operation("", "Mul", 3.5, 3), Operation("", "Add", 3.0, 4)]
