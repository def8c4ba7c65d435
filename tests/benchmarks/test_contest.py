"""Sides in turn: processes, order, ratios."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import contest, turns
from benchmarks.commands import Command
from benchmarks.contest import Contest
from benchmarks.sides import Running, Side, SideError
from benchmarks.targets import AtLeast, AtMostLonger
from benchmarks.turns import Turn
from benchmarks.workers import Worker, call

HERE = {"PYTHONPATH": str(Path(__file__).parent)}


def worker(name, what, **options):
    return Worker(name, f"stand_ins:{what}", options, HERE)


class Told(Running):
    """Notes its turns, and gives prescribed seconds for them."""

    def __init__(self, name, seconds, log):
        self._name, self._seconds, self._log = name, seconds, log

    def wait(self):
        pass

    def turn(self, amount):
        self._log.append((self._name, amount))
        return Turn(amount * self._seconds, 2 * amount * self._seconds, 3 * amount, 1000)

    def idle_cpu(self):
        return 0.0

    def close(self):
        self._log.append((self._name, "closed"))


class Scripted(Side):
    def __init__(self, name, seconds, log):
        self.name, self._seconds, self._log = name, seconds, log

    def start(self):
        return Told(self.name, self._seconds, self._log)


def held(rounds=4, target=None, **options):
    log, said = [], []
    sides = {name: Scripted(name, seconds, log) for name, seconds in (("ours", 0.5), ("slow", 2.0), ("fast", 1.0))}
    made = Contest("x", sides["ours"], [sides["slow"], sides["fast"]], target=target, **options)
    return contest.hold(made, rounds, said.append), log, said


def test_every_round_has_the_opposite_order():
    _, log, _ = held(rounds=3, amount=7)
    once = [("ours", 7), ("slow", 7), ("fast", 7)]
    warm_up, rounds, closed = log[:3], log[3:12], log[12:]
    assert warm_up == once
    assert rounds == [*once, *once[::-1], *once]
    assert sorted(closed) == [("fast", "closed"), ("ours", "closed"), ("slow", "closed")]


def test_ratios_are_of_rates_and_the_fastest_peer_is_the_first():
    found, _, said = held(amount=1, target=AtLeast(1.9))
    assert [peer["name"] for peer in found["peers"]] == ["fast", "slow"]
    assert [peer["ratio"]["pairs"] for peer in found["peers"]] == [[2.0] * 4, [4.0] * 4]
    assert found["ours"]["items_per_second"] == 6
    assert found["ours"]["cpu_seconds_per_item"] == pytest.approx(1 / 3)
    assert found["target"] == {"words": "≥ 1.9 × the fastest peer", "ratio": 1.9, "peers": [], "value": 2, "met": True}
    assert said == ["    x: 2.00 (2.00–2.00) × fast: 6 against 3 images/s; ≥ 1.9 × the fastest peer: met"]


def test_amount_is_what_takes_ours_so_long():
    found, *_ = held(seconds=10.0)
    assert found["units_per_turn"] == 20


def test_rounds_are_at_most_those_of_the_contest():
    found, *_ = held(rounds=9, amount=1, most_rounds=2)
    assert len(found["ours"]["turns"]) == 2


def test_some_of_the_peers_have_a_target_of_their_own():
    found, *_ = held(amount=1)
    slow = contest.of_peers(found, "y", [Scripted("slow", 1, [])], AtLeast(5))
    assert slow["name"] == "y"
    assert [peer["name"] for peer in slow["peers"]] == ["slow"]
    assert (slow["target"]["value"], slow["target"]["met"]) == (4, False)
    assert found["target"] is None
    assert len(found["peers"]) == 2


def test_targets():
    found, *_ = held(amount=1)
    assert AtLeast(3, ("slow",)).judge(found)["met"]
    assert not AtLeast(3, ("slow", "fast")).judge(found)["met"]
    assert AtLeast(3, ("none of these",)).judge(found) | {"words": ""} == {
        "words": "",
        "ratio": 3,
        "peers": ["none of these"],
        "value": None,
        "met": False,
    }
    # An item takes ours 1/6 s, and the fastest peer 1/3 s.
    assert AtMostLonger(0.0).judge(found)["value"] == pytest.approx(-1 / 6)


def test_spread():
    assert turns.spread([4.0, 1.0, 2.0, 3.0, 5.0]) == {
        "median": 3,
        "lowest": 1,
        "lower_quartile": 2,
        "upper_quartile": 4,
        "highest": 5,
    }


def test_workers_answer_with_what_they_did():
    running = worker("a", "Sleeper", seconds=0.05).start()
    try:
        running.wait()
        turn = running.turn(4)
    finally:
        running.close()
    assert turn.items == 40
    assert turn.wall >= 0.2  # never less than it slept
    assert turn.cpu < turn.wall
    assert turn.peak > 1_000_000


def test_cpu_time_is_counted():
    running = worker("a", "Busy").start()
    try:
        running.wait()
        turn = running.turn(5)
    finally:
        running.close()
    assert turn.cpu > 0.02


def test_a_peer_that_cannot_take_part_is_left_out():
    said = []
    peers = [
        worker("unbuildable", "unbuildable"),
        worker("broken", "Broken"),
        worker("slower", "Sleeper", seconds=0.02),
    ]
    made = Contest("x", worker("ours", "Sleeper", seconds=0.01), peers, amount=3)
    found = contest.hold(made, 2, said.append)
    assert [peer["name"] for peer in found["peers"]] == ["slower"]
    assert found["left_out"] == {
        "unbuildable": "OSError: there is no compiler",
        "broken": "ValueError: no 3 of these",
    }


@pytest.mark.parametrize("ours", ["unbuildable", "Broken"])
def test_ours_must_take_part(ours):
    made = Contest("x", worker("ours", ours), [worker("peer", "Sleeper", seconds=0.01)], amount=1)
    with pytest.raises(SideError, match=r"no compiler|no 1 of these"):
        contest.hold(made, 2, print)


def test_some_peer_must_take_part():
    made = Contest("x", worker("ours", "Sleeper", seconds=0.01), [worker("peer", "Broken")], amount=1)
    with pytest.raises(SideError, match="no 1 of these"):
        contest.hold(made, 2, print)


def test_functions_are_called_once_in_a_process_of_their_own(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", HERE["PYTHONPATH"])
    assert call("stand_ins:doubled", number=21) == {"double": 42}


def test_workers_end_with_who_tells_them():
    code = (
        "from benchmarks.workers import Worker\n"
        "import os\n"
        "running = Worker('a', 'stand_ins:Sleeper', {'seconds': 0}).start()\n"
        "running.wait()\n"
        "print(running._process.pid, flush=True)\n"
        "os._exit(1)\n"  # without a word to the worker
    )
    environment = {**os.environ, **HERE}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    pid = int(found.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        subprocess.run(["sleep", "0.1"])
    pytest.fail("the worker is still there")


def test_whole_commands_are_measured_with_their_children():
    busy = "sum(range(3_000_000))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    running = Command("a", ["python", "-c", code], items=2).start()
    turn = running.turn(2)
    assert turn.items == 4
    assert turn.cpu > 0.05
    assert turn.peak > 1_000_000


def test_a_command_that_fails_is_an_error():
    with pytest.raises(SideError, match="mishap"):
        Command("a", ["python", "-c", "raise SystemExit('mishap')"]).start().turn(1)
