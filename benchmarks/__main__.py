"""Measures ours beside its peers, suite by suite, and writes results/results.json, table.md and ratios.png.

python -m benchmarks                    every suite
python -m benchmarks celeba64 serving   these; the results of the others stay
python -m benchmarks --list

Killed at any moment, what the suites before have measured is kept.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import contest, plot, results, table
from benchmarks.sides import SideError
from benchmarks.suite import Session
from benchmarks.suites import SUITES
from tfvae import scripts
from tfvae.durations import duration
from tfvae.errors import UserError
from tfvae.files import write_text
from tfvae.flag_parsing import CommandLine

RESULTS = Path(__file__).resolve().parent / "results"


def main(argv: Sequence[str]) -> list[str]:
    """Checks the command line, then measures. Returns the names of the suites that failed."""
    line = CommandLine()
    line.count("rounds", contest.ROUNDS, "rounds of every contest, each side once in each", example=3)
    line.text("output_dir", str(RESULTS), "folder of the results")
    line.switch("list", "list the suites")
    names = [word for word in argv[1:] if not word.startswith("-")]
    given, faults = line.read([argv[0], *(word for word in argv[1:] if word.startswith("-"))])
    if faults:
        raise UserError("\n".join(faults))
    for name in names:
        SUITES.check(name)
    if given["help"] or given["list"]:
        _say(f"{__doc__}\n{line.help()}" if given["help"] else listing())
        return []
    folder, begun = Path(given["output_dir"]), time.monotonic()
    failed = [name for name in names or list(SUITES) if not _run(name, given["rounds"], folder)]
    _say(f"{duration(time.monotonic() - begun)}; wrote {folder.name}/table.md, ratios.png and results.json")
    return failed


def listing() -> str:
    """A line for each suite."""
    width = max(map(len, SUITES))
    return "\n".join(f"{name:<{width}}  {SUITES[name].about}" for name in SUITES)


def _run(name: str, rounds: int, folder: Path) -> bool:
    """Runs one suite and keeps what it found; whether it ended well."""
    suite, begun = SUITES[name], time.monotonic()
    _say(f"{name}: {suite.about}")
    try:
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary:
            findings = suite.measure(Session(rounds, Path(temporary), _say))
    except (SideError, UserError) as error:
        print(f"    {name} failed: {error}", file=sys.stderr, flush=True)
        return False
    part = results.part_of(suite, findings, time.monotonic() - begun)
    write(folder, results.merge(folder / "results.json", name, part, list(SUITES)))
    _say(f"    {duration(part['seconds'])}")
    return True


def write(folder: Path, found: results.Results) -> None:
    """The table and the plot of results."""
    write_text(folder / "table.md", table.text(found))
    plot.draw(folder / "ratios.png", found)


def _say(text: str) -> None:
    print(text, flush=True)


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status: 1 if a suite failed."""
    failed: list[str] = []
    status = scripts.run(lambda argv: failed.extend(main(argv)), argv, "Interrupted; finished suites are kept.")
    return status or int(bool(failed))


if __name__ == "__main__":
    sys.exit(run(sys.argv))
