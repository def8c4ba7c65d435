"""results.json → table.md."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.results import Results

HEAD = """# Ours beside others

Written by `make bench`; [how it is measured, and how to read it](../README.md). A ratio is ours over the peer's items
a second: the median of the pairs, with the lowest and the highest; above 1 ours is faster. CPU is ours over the peer's
CPU seconds for an item: below 1 ours takes less. **Bold**: the peer that counts, the fastest.

![every ratio, pair by pair](ratios.png)
"""


def text(results: Results) -> str:
    """The whole page."""
    return "\n".join([HEAD, *_targets(results), *_machines(results), *_suites(results)])


def number(value: float | str | None) -> str:
    """A cell: words as they are, numbers with three or four digits.

    >>> [number(value) for value in (12345.6, 3.14159, None)]
    ['12,346', '3.14', '—']
    """
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def ratio(found: dict[str, float]) -> str:
    """Median and extremes."""
    return f"{found['median']:.2f} ({found['lowest']:.2f}–{found['highest']:.2f})"


def _targets(results: Results) -> Iterator[str]:
    """Every number that was to be reached."""
    rows = [
        (name, comparison["name"], comparison["target"])
        for name, part in results.items()
        for comparison in part["comparisons"]
        if comparison["target"]
    ]
    if rows:
        yield from _table(
            "Targets",
            ("suite", "what", "target", "measured", "met"),
            [
                (name, what, target["words"], _measured(target["value"]), "yes" if target["met"] else "**no**")
                for name, what, target in rows
            ],
        )


def _measured(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"


def _machines(results: Results) -> Iterator[str]:
    yield "## Machines\n"
    by_machine: dict[str, list[str]] = {}
    for name, part in results.items():
        of_suite = f"{name} ({part['date'][:10]}, {part['revision']})"
        by_machine.setdefault(_machine(part["machine"]), []).append(of_suite)
    for words, suites in by_machine.items():
        yield f"- {words}: {', '.join(suites)}"
    yield ""


def _machine(found: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    threads = "".join(f", {name}={value}" for name, value in found["threads"].items())
    return (
        f"{found['processor']}, {found['cores']} cores ({', '.join(found['flags'])}), {found['memory_gib']:g} GiB, "
        f"{found['kernel']}{threads}; {versions}"
    )


def _suites(results: Results) -> Iterator[str]:
    for name, part in results.items():
        yield f"## {name}\n\n{part['about']} {part['seconds']:.0f} s.\n"
        for comparison in part["comparisons"]:
            yield from _comparison(comparison)
        for table in part["tables"]:
            yield from _table(table["title"], table["columns"], [[*map(number, row)] for row in table["rows"]])
            yield f"{table['note']}\n" if table["note"] else ""
        yield from (f"- {note}" for note in part["notes"])
        yield ""


def _comparison(found: dict[str, Any]) -> Iterator[str]:
    items, ours = found["items"], found["ours"]
    rows = [(ours["name"], *_costs(ours), "", "")]
    for index, peer in enumerate(found["peers"]):
        cpu = ours["cpu_seconds_per_item"] / max(peer["cpu_seconds_per_item"], 1e-12)
        words = f"**{ratio(peer['ratio'])}**" if index == 0 else ratio(peer["ratio"])
        rows.append((peer["name"], *_costs(peer), words, f"{cpu:.2f}"))
    columns = ("", f"{items}/s", "CPU ms each", "peak MB", "ratio", "CPU")
    pairs = len(found["peers"][0]["ratio"]["pairs"])
    yield from _table(f"{found['name']} ({pairs} rounds of {found['units_per_turn']} units)", columns, rows)
    yield from (f"- left out: {name}: {reason}" for name, reason in found["left_out"].items())


def _costs(side: dict[str, Any]) -> tuple[str, str, str]:
    return (
        number(side["items_per_second"]),
        number(1000 * side["cpu_seconds_per_item"]),
        number(round(side["peak_bytes"] / 1e6)),
    )


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"### {title}\n"
    yield f"| {' | '.join(columns)} |"
    yield "|---" + "|---:" * (len(columns) - 1) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
