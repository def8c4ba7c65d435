"""What a comparison is asked to reach."""

from dataclasses import dataclass
from typing import Any, Protocol


class Target(Protocol):
    """A number to reach, recorded beside what is measured."""

    def judge(self, comparison: dict[str, Any]) -> dict[str, Any]:
        """`words`, `value` and `met` of a comparison as `benchmarks.contest` gives it; value None: not measured."""
        ...


@dataclass(frozen=True)
class AtLeast:
    """Ours is so many times as fast.

    Args:
        ratio: of the rates, ours to the peer's.
        peers: names, the fastest of which it is asked of; (): of all.
        who: what they are, for people.
    """

    ratio: float
    peers: tuple[str, ...] = ()
    who: str = "the fastest peer"

    def judge(self, comparison: dict[str, Any]) -> dict[str, Any]:
        """See `Target.judge`."""
        found = [
            peer["ratio"]["median"] for peer in comparison["peers"] if not self.peers or peer["name"] in self.peers
        ]
        value = min(found, default=None)
        words = f"≥ {self.ratio:g} × {self.who}"
        return {
            "words": words,
            "ratio": self.ratio,
            "peers": list(self.peers),
            "value": value,
            "met": value is not None and value >= self.ratio,
        }


@dataclass(frozen=True)
class AtMostLonger:
    """One item of ours takes at most so many seconds more than one of the fastest peer."""

    seconds: float

    def judge(self, comparison: dict[str, Any]) -> dict[str, Any]:
        """See `Target.judge`."""
        ours = 1 / comparison["ours"]["items_per_second"]
        longer = [ours - 1 / peer["items_per_second"] for peer in comparison["peers"]]
        value = max(longer, default=None)
        met = value is not None and value <= self.seconds
        return {"words": f"≤ {self.seconds:g} s longer than the fastest peer", "value": value, "met": met}
