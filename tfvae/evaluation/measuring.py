"""Measures what was asked for, and remembers it."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import tfvae
from tfvae import files
from tfvae.evaluation.figures import Findings
from tfvae.evaluation.sections import SECTIONS
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.models import MODELS
from tfvae.quiet import import_tensorflow

RESULT = "section.json"


class Plan(NamedTuple):
    """A section that is to be measured of a subject.

    Attributes:
        name: of the section.
        section: it.
        subject: what is measured.
        left_out: why it is not measured; "" if it is.
        protocol: plain JSON types; empty if it is left out.
    """

    name: str
    section: Section
    subject: Subject
    left_out: str
    protocol: dict[str, Any]


def plan(name: str, subject: Subject) -> Plan:
    """What would be measured; finds a fault in what was asked of a section before any is measured.

    Raises:
        UserError: such as an unknown extractor.
    """
    return plan_of(name, SECTIONS[name](), subject)


def plan_of(name: str, section: Section, subject: Subject) -> Plan:
    """The same of any section, in the registry or not."""
    reason = _without_prior(section, subject) or section.left_out(subject)
    protocol = {} if reason else json.loads(json.dumps(section.protocol(subject)))
    return Plan(name, section, subject, reason, protocol)


def measure(planned: Plan, output: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """One section of an evaluation, from the cache if it has been measured before.

    It is measured in a folder of another name, which gets its own name when all is in it; an interruption leaves
    that folder to go on from.

    Args:
        planned: by `plan`.
        output: the folder whose `evaluation/` keeps the results.
        say: takes lines for the user.

    Returns:
        The section as `evaluation.json` has it: figures by name, beside `notes`, `pictures`, `protocol`, `folder` and
        `seconds`; or `{"left_out": why}`.
    """
    title = planned.section.title
    if planned.left_out:
        say(f"{title} left out: {planned.left_out}")
        return {"left_out": planned.left_out}
    folder = output / "evaluation" / planned.name / _key(planned)
    stored = _stored(folder)
    if stored is None:
        say(f"{title} …")
        stored = _measure(planned, folder)
    say(_lines(title, stored))
    return {**stored, "folder": folder.relative_to(output).as_posix()}


def _without_prior(section: Section, subject: Subject) -> str:
    family = subject.config.model.family.name
    if not section.needs_prior or MODELS.constant(family, "has_prior", True):
        return ""
    return f"the family {family} has no prior: no bound, no KL and no samples; choose another family"


def _key(planned: Plan) -> str:
    decisive = [planned.name, planned.protocol, planned.subject.weights_hash, tfvae.__version__]
    asked = json.dumps(decisive, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


def _stored(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not there, or damaged
    # Someone may have tidied pictures away: a report with broken links is no answer.
    return found if all((folder / picture).exists() for picture in found["pictures"]) else None


def _measure(planned: Plan, folder: Path) -> dict[str, Any]:
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    import_tensorflow()  # here, quietly: whichever part of the section needs it would be noisy
    began = time.monotonic()
    findings = planned.section.measure(planned.subject, partial)
    seconds = round(time.monotonic() - began, 1)
    found = {**findings.to_json(), "protocol": planned.protocol, "seconds": seconds}
    files.write_json(partial / RESULT, found)
    if _stored(folder) is None:  # else another process has been faster
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    shutil.rmtree(partial, ignore_errors=True)
    return found


def _lines(title: str, stored: dict[str, Any]) -> str:
    findings = Findings.from_json(stored)
    width = max(map(len, findings.figures), default=0)
    figures = [f"  {name.replace('_', ' '):<{width}}  {figure}" for name, figure in findings.figures.items()]
    return "\n".join([f"{title} ({stored['seconds']:g} s)", *figures, *(f"  note: {note}" for note in findings.notes)])
