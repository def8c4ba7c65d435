"""results.json → ratios.png: every pair of every ratio."""

from pathlib import Path
from typing import Any

from benchmarks.results import Results
from tfvae import plotting

INCHES_PER_ROW = 0.21
RED = "#c53030"


def draw(path: Path, results: Results) -> None:
    """Draws each peer of each comparison as a row: pairs as dots, the median as a bar, the target as a red mark.

    Raises:
        OSError: the file cannot be written.
    """
    rows = [
        (f"{name}, {comparison['name']}: {peer['name']}", peer["ratio"], _target(comparison, peer), index == 0)
        for name, part in results.items()
        for comparison in part["comparisons"]
        for index, peer in enumerate(comparison["peers"])
    ]
    if not rows:
        return
    with plotting.panels(path, size=(11.0, 1.2 + INCHES_PER_ROW * len(rows))) as (axis,):
        plotting.style(axis, "Pairs, median, target (red); bold: fastest peer", "times as fast")
        axis.set_xscale("log")
        axis.axvline(1, color="#4a5568", linewidth=1)
        for y, (_, ratio, target, best) in enumerate(rows):
            _row(axis, y, ratio, target, plotting.BLUE if best else "#a0aec0")
        axis.set_yticks(range(len(rows)), [label for label, *_ in rows])
        for label, (*_, best) in zip(axis.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if best else "normal")
        axis.set_ylim(len(rows) - 0.4, -0.6)
        _ticks(axis, rows)


def _row(axis: Any, y: int, ratio: dict[str, Any], target: float | None, colour: str) -> None:
    axis.plot(ratio["pairs"], [y] * len(ratio["pairs"]), "o", color=colour, markersize=3.5, alpha=0.6)
    axis.plot([ratio["median"]] * 2, [y - 0.35, y + 0.35], color=colour, linewidth=2)
    if target:
        axis.plot([target] * 2, [y - 0.45, y + 0.45], color=RED, linewidth=1.5)


def _target(comparison: dict[str, Any], peer: dict[str, Any]) -> float | None:
    """The ratio that is asked of this peer, if one is."""
    target = comparison["target"] or {}
    names = target.get("peers") or [comparison["peers"][0]["name"]]
    return target.get("ratio") if peer["name"] in names else None


def _ticks(axis: Any, rows: list[Any]) -> None:
    values = [value for _, ratio, *_ in rows for value in ratio["pairs"]]
    low, high = min(*values, 0.9), max(*values, 1.5)
    known = [0.1, 0.2, 0.5, 0.7, 1, 1.3, 2, 3, 5, 10, 20, 50, 100]
    shown = [tick for tick in known if low / 1.2 <= tick <= high * 1.2]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.minorticks_off()
    axis.grid(axis="x", color="#e2e8f0", linewidth=0.8)
