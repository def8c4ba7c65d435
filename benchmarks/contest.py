"""Ours and its peers in turn: one after the other, never at the same time, in the opposite order every other round."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks.sides import Running, Side, SideError
from benchmarks.targets import Target
from benchmarks.turns import Turn, ratios, spread, summary

Say = Callable[[str], None]

SECONDS = 1.0  # of a turn of ours
ROUNDS = 7


@dataclass(frozen=True)
class Contest:
    """What is compared.

    Args:
        name: for people, unique in its suite.
        ours: our side.
        peers: all that are measured beside it; the fastest is the one that counts.
        items: what is counted: "images", "starts".
        target: to be reached, or None.
        amount: units of a turn; None: as many as take ours `seconds`.
        seconds: see `amount`.
        most_rounds: fewer than the session's where a turn is long.
    """

    name: str
    ours: Side
    peers: Sequence[Side]
    items: str = "images"
    target: Target | None = None
    amount: int | None = None
    seconds: float = SECONDS
    most_rounds: int = ROUNDS


def hold(contest: Contest, rounds: int, say: Say) -> dict[str, Any]:
    """Measures a contest: a comparison, as it stands in results.json.

    A peer that cannot take part is left out, and the reason is kept.

    Raises:
        SideError: ours cannot take part, or no peer can.
    """
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        running = _start([contest.ours, *contest.peers], contest.ours.name, stack, left_out)
        amount = _warm_up(contest, running, left_out)
        turns = _rounds(running, amount, min(rounds, contest.most_rounds))
        others = sum(turn.wall for found in turns.values() for turn in found)
        idle = {name: side.idle_cpu() / others for name, side in running.items()}
    found = _comparison(contest, turns, amount) | {"left_out": left_out, "idle_cpu_share": idle}
    say(words(contest.name, found))
    return found


def _start(sides: Sequence[Side], ours: str, stack: ExitStack, left_out: dict[str, str]) -> dict[str, Running]:
    """Builds all of them at once: what is built is not measured."""
    begun = {side.name: side.start() for side in sides}
    for side in begun.values():
        stack.callback(side.close)
    return {name: side for name, side in begun.items() if _takes_part(name, side.wait, ours, left_out)}


def _takes_part(name: str, step: Callable[[], Any], ours: str, left_out: dict[str, str]) -> bool:
    try:
        step()
    except SideError as error:
        if name == ours:
            raise
        left_out[name] = str(error)
        return False
    return True


def _warm_up(contest: Contest, running: dict[str, Running], left_out: dict[str, str]) -> int:
    """Lets every side work until it is compiled and its memory is its own; the amount of a turn."""
    amount = contest.amount or _calibrated(running[contest.ours.name], contest.seconds)
    for name, side in list(running.items()):
        if not _takes_part(name, lambda side=side: side.turn(amount), contest.ours.name, left_out):
            del running[name]
    if len(running) < 2:
        raise SideError(f"no peer could take part: {'; '.join(left_out.values())}")
    return amount


def _calibrated(ours: Running, seconds: float) -> int:
    """So many units as take so long, once it is compiled."""
    ours.turn(1)
    amount = 1
    while (turn := ours.turn(amount)).wall < seconds / 4:
        amount *= 4
    return max(1, round(amount * seconds / turn.wall))


def _rounds(running: dict[str, Running], amount: int, rounds: int) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {name: [] for name in running}
    for number in range(rounds):
        order = list(running.items())
        for name, side in order[:: -1 if number % 2 else 1]:
            turns[name].append(side.turn(amount))
    return turns


def _comparison(contest: Contest, turns: dict[str, list[Turn]], amount: int) -> dict[str, Any]:
    ours = turns[contest.ours.name]
    peers = []
    for peer in contest.peers:
        if peer.name in turns:
            found = ratios(ours, turns[peer.name])
            peers.append({"name": peer.name, "ratio": {**spread(found), "pairs": found}, **summary(turns[peer.name])})
    peers.sort(key=lambda peer: peer["ratio"]["median"])  # the fastest first
    comparison = {
        "name": contest.name,
        "items": contest.items,
        "units_per_turn": amount,
        "ours": {"name": contest.ours.name, **summary(ours)},
        "peers": peers,
    }
    return comparison | {"target": contest.target and contest.target.judge(comparison)}


def of_peers(comparison: dict[str, Any], name: str, peers: Sequence[Side], target: Target | None) -> dict[str, Any]:
    """A comparison with some of the peers only, of the same turns, for a target of its own."""
    names = {peer.name for peer in peers}
    found = comparison | {"name": name, "peers": [peer for peer in comparison["peers"] if peer["name"] in names]}
    left_out = {peer: reason for peer, reason in comparison["left_out"].items() if peer in names}
    return found | {"left_out": left_out, "target": target and target.judge(found)}


def words(name: str, comparison: dict[str, Any]) -> str:
    """A line for the terminal."""
    best, ours = comparison["peers"][0], comparison["ours"]
    ratio = best["ratio"]
    target = comparison["target"]
    verdict = f"; {target['words']}: {'met' if target['met'] else 'missed'}" if target else ""
    return (
        f"    {name}: {ratio['median']:.2f} ({ratio['lowest']:.2f}–{ratio['highest']:.2f}) × {best['name']}: "
        f"{ours['items_per_second']:.4g} against {best['items_per_second']:.4g} {comparison['items']}/s{verdict}"
    )
