"""Measures what was asked for, and remembers it."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tfvae
from tfvae import files
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections import SECTIONS
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.models import MODELS
from tfvae.quiet import import_tensorflow

RESULT = "section.json"


def prepare(name: str, subject: Subject) -> None:
    """Finds a fault in what was asked of a section, before any is measured.

    Raises:
        UserError: such as an unknown extractor.
    """
    section: Section = SECTIONS[name]()
    if not _reason(section, subject):
        section.protocol(subject)


def measure(name: str, subject: Subject, output: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """One section of an evaluation, from the cache if it has been measured before.

    It is measured in a folder of another name, which gets its own name when all is in it; an interruption leaves
    that folder to go on from.

    Args:
        name: of the section.
        subject: what is measured.
        output: the folder whose `evaluation/` keeps the results.
        say: takes lines for the user.

    Returns:
        The section as `evaluation.json` has it: figures by name, beside `notes`, `pictures`, `protocol`, `folder` and
        `seconds`; or `{"left_out": why}`.
    """
    section: Section = SECTIONS[name]()
    reason = _reason(section, subject)
    if reason:
        say(f"{section.title} left out: {reason}")
        return {"left_out": reason}
    protocol = json.loads(json.dumps(section.protocol(subject)))
    folder = output / "evaluation" / name / _key(name, protocol, subject.weights_hash)
    stored = _stored(folder)
    if stored is None:
        say(f"{section.title} …")
        stored = _measure(section, subject, protocol, folder)
    say(_lines(section, stored))
    return {**stored, "folder": folder.relative_to(output).as_posix()}


def _reason(section: Section, subject: Subject) -> str:
    return _without_prior(section, subject) or section.left_out(subject)


def _without_prior(section: Section, subject: Subject) -> str:
    family = subject.config.model.family.name
    if not section.needs_prior or MODELS.constant(family, "has_prior", True):
        return ""
    return f"the model is an {family}, which has no prior: no bound, no KL and no samples; choose another family"


def _key(name: str, protocol: dict[str, Any], weights_hash: str) -> str:
    asked = json.dumps([name, protocol, weights_hash, tfvae.__version__], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


def _stored(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not there, or damaged
    # Someone may have tidied pictures away: a report with broken links is no answer.
    return found if all((folder / picture).exists() for picture in found["pictures"]) else None


def _measure(section: Section, subject: Subject, protocol: dict[str, Any], folder: Path) -> dict[str, Any]:
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    import_tensorflow()  # here, quietly: whichever part of the section needs it would be noisy
    began = time.monotonic()
    findings = section.measure(subject, partial)
    seconds = round(time.monotonic() - began, 1)
    found = {**findings.to_json(), "protocol": protocol, "seconds": seconds}
    files.write_json(partial / RESULT, found)
    if _stored(folder) is None:  # else another process has been faster
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    return found


def _lines(section: Section, stored: dict[str, Any]) -> str:
    findings = Findings.from_json(stored)
    width = max(map(len, findings.figures), default=0)
    figures = [f"  {name.replace('_', ' '):<{width}}  {figure}" for name, figure in findings.figures.items()]
    return "\n".join(
        [f"{section.title} ({stored['seconds']:g} s)", *figures, *(f"  note: {note}" for note in findings.notes)]
    )
