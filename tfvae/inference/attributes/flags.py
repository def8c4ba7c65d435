"""The flags of latent arithmetic. No TensorFlow and no scikit-learn here: every call of the script reads this."""

from pathlib import Path
from typing import Any, NamedTuple

from tfvae.flag_parsing import CommandLine, Span


class Asked(NamedTuple):
    """What is asked for an attribute.

    Attributes:
        name: of the attribute.
        strengths: multiples of the vector that are drawn, evenly spaced.
        strength: the multiple whose effect is stated.
        vector_images: training images that the vector is made of; 0: all.
        test_images: held-out images in each group that scores are measured on.
        data_dir: where data sets are looked for first, in place of the run's own; or None.
    """

    name: str
    strengths: Span
    strength: float
    vector_images: int
    test_images: int
    data_dir: str | None


# The flags that mean something beside --attribute alone.
_DEPENDENT = ("strengths", "strength", "vector_images", "test_images", "data_dir")


def define(line: CommandLine) -> None:
    """Adds the flags."""
    line.text("attribute", None, "latent arithmetic in place of the pictures: the attribute's name, as Smiling")
    line.span("strengths", Span(-3.0, 3.0, 7), "of --attribute: multiples of its vector, from:to:how many")
    line.factor("strength", "of --attribute: the multiple of its vector whose effect is stated", example=1.5)
    line.count("vector_images", 0, "of --attribute: training images in the vector; 0: all", example=5000, low=0)
    line.count("test_images", 200, "of --attribute: held-out images in each group that is scored", example=1000, low=2)
    line.text("data_dir", None, "of --attribute: where to look for the data first; default: where the run found it")


def faults(line: CommandLine, given: dict[str, Any]) -> list[str]:
    """A sentence for each of the flags that cannot be used with the others."""
    if given["attribute"] is None:
        unused = [name for name in _DEPENDENT if line.was_given(name)]
        return [f"--{name} belongs to --attribute: add --attribute=NAME, or leave it out" for name in unused]
    found = []
    if given["only"]:
        found.append("--only names pictures, and --attribute makes its own files alone: leave one of them out")
    if line.was_given("temperature"):
        found.append("--temperature is of draws from the prior, and --attribute makes none: leave one of them out")
    if given["data_dir"] is not None and not Path(given["data_dir"]).expanduser().exists():
        found.append(f"--data_dir: there is no folder {given['data_dir']!r}: check the path")
    return found


def asked(given: dict[str, Any]) -> Asked | None:
    """What checked flags ask for; None without --attribute."""
    if given["attribute"] is None:
        return None
    return Asked(given["attribute"], **{name: given[name] for name in _DEPENDENT})
