"""Feature extractors for comparing sets of images: what `--extractor` may name.

To add one: write one file with `def load(request: Request, *, <options with defaults>) -> Extractor`, and one line
here. Its keyword-only arguments are the options that a user may set.
"""

import re
from pathlib import Path

from tfvae import checks
from tfvae.configuration import Component
from tfvae.errors import UserError, nearest
from tfvae.evaluation.extractors.base import Extractor, Request
from tfvae.evaluation.subject import Subject
from tfvae.registry import Registry

EXTRACTORS = Registry(
    "extractor",
    __name__,
    {
        "classifier": "classifier:load",
        "pixels": "pixels:load",
        "random": "random_network:load",
        "saved": "saved:load",
    },
)


def extractor_of(subject: Subject) -> Extractor:
    """The extractor that the options of an evaluation name.

    Raises:
        UserError: there is none of that name or path, an option of it is wrong, or it must be fitted first.
    """
    return extractor(subject.options.extractor, Request(subject.training, subject.options.fit_extractor))


def extractor(text: str, request: Request) -> Extractor:
    """The extractor called `text`: an entry of `EXTRACTORS` with options, `pixels(size=16)`, or the path of a model.

    Raises:
        UserError: as `extractor_of`.
    """
    component = _component(text.strip())
    _check(component)
    return EXTRACTORS[component.name](request, **component.options)


def _component(text: str) -> Component:
    a_call = re.fullmatch(r"\w+\s*(\(.*\))?", text, re.DOTALL)
    if a_call and (text in EXTRACTORS or not Path(text).expanduser().exists()):
        return Component.parse(text)
    return Component("saved", path=text)


def _check(component: Component) -> None:
    name = component.name
    if name not in EXTRACTORS:
        raise UserError(
            f"there is no extractor {name!r}: {nearest(name, EXTRACTORS)}; or give the path of a SavedModel folder or "
            "of a .keras file"
        )
    known = EXTRACTORS.parameters(name)
    for option, value in component.options.items():
        if option not in known:
            raise UserError(f"extractor {name} has no option {option!r}: {nearest(option, known)}")
        if not checks.matches(checks.annotation(known[option]), value):
            raise UserError(f"extractor {name}({option}={value!r}): expected {known[option]}")


__all__ = ["EXTRACTORS", "Extractor", "Request", "extractor", "extractor_of"]
