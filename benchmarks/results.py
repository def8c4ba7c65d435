"""results.json: what has been measured, by suite. A suite that is run again replaces its own part only."""

import json
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.suite import Findings, Suite
from tfvae.errors import UserError
from tfvae.files import write_json

Results = dict[str, Any]  # suite → part


def load(path: Path) -> Results:
    """What stands in the file; nothing if there is none.

    Raises:
        UserError: it is damaged.
    """
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))["suites"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged: put a whole copy in its place, or remove it") from error


def part_of(suite: Suite, findings: Findings, seconds: float) -> dict[str, Any]:
    """One suite's part, as plain JSON.

    Args:
        suite: that was run.
        findings: its.
        seconds: that it took.
    """
    return {
        "about": suite.about,
        **machine.session(),
        "seconds": round(seconds, 1),
        "machine": machine.describe(),
        "comparisons": list(findings.comparisons),
        "tables": [table._asdict() for table in findings.tables],
        "notes": list(findings.notes),
    }


def merge(path: Path, name: str, part: dict[str, Any], order: list[str]) -> Results:
    """Puts a part in the file, atomically, and gives the whole.

    Args:
        path: of results.json.
        name: of the suite.
        part: see `part_of`.
        order: of all suites; parts of suites that are no longer there are left out.
    """
    found = load(path) | {name: part}
    found = {known: found[known] for known in order if known in found}
    write_json(path, {"suites": found})
    return found
