"""`evaluation.json` and `evaluation.md` of one run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tfvae
from tfvae import files
from tfvae.evaluation.figures import Figure, Findings
from tfvae.evaluation.sections import SECTIONS
from tfvae.evaluation.subject import Subject


def read(output: Path, subject: Subject) -> dict[str, Any]:
    """What an earlier evaluation of the same weights has left in `output`; else an empty report."""
    empty = {"run": subject.name, "weights_hash": subject.weights_hash, "tfvae": tfvae.__version__}
    path = output / "evaluation.json"
    if not path.exists():
        return empty
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        same = all(found[key] == value for key, value in empty.items())
    except (ValueError, TypeError, KeyError):
        return empty  # damaged, or of another version
    return found if same else empty


def add(output: Path, subject: Subject, name: str, section: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the report of `output` with one section more, and returns it.

    What is there is read anew, for another process may have added to it. Figures are not replaced by a section that
    was left out this time.
    """
    found = read(output, subject)
    if "left_out" not in section or "protocol" not in found.get(name, {}):
        found[name] = dict(section)
    write(output, found)
    return found


def write(output: Path, report: Mapping[str, Any]) -> None:
    """Writes both files."""
    files.write_json(output / "evaluation.json", report)
    files.write_text(output / "evaluation.md", markdown(report))


def sections(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sections that have figures, in the order of the registry."""
    return {name: report[name] for name in SECTIONS if "protocol" in report.get(name, {})}


def markdown(report: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [f"# Evaluation of {report['run']}", "", f"Weights {report['weights_hash']}, tfvae {report['tfvae']}.", ""]
    for name, section in sections(report).items():
        lines += _section(SECTIONS[name].title, section)
    missing = {name: report[name]["left_out"] for name in SECTIONS if "left_out" in report.get(name, {})}
    lines += [f"{SECTIONS[name].title} is left out: {reason}\n" for name, reason in missing.items()]
    return "\n".join(lines)


def _section(title: str, section: Mapping[str, Any]) -> list[str]:
    findings = Findings.from_json(section)
    lines = [f"## {title}", ""]
    lines += [f"> {note}\n" for note in findings.notes]
    lines += ["| | value | standard error | unit | better |", "|---|---|---|---|---|"]
    lines += [_row(name, figure) for name, figure in findings.figures.items()]
    for picture, caption in findings.pictures.items():
        lines += ["", f"{caption}:", "", f"![{caption}]({section['folder']}/{picture})"]
    protocol = ", ".join(f"{key} {value}" for key, value in _flat(section["protocol"]).items())
    return [*lines, "", f"How: {protocol}.", ""]


def _row(name: str, figure: Figure) -> str:
    value, *error = figure.rounded()
    return f"| {name.replace('_', ' ')} | {value} | {''.join(error)} | {figure.unit} | {figure.better} |"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        flat |= _flat(value, f"{name}: ") if isinstance(value, dict) else {name: value}
    return flat
