"""What a measurement finds: numbers with their units and uncertainty, and sentences."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        value: the number.
        unit: what it is counted in: "nats", "bits/dim", "dB", …; "" for a pure number.
        standard_error: of `value`, in the same unit; None where it has none or none is known.
        better: which direction is better; "" where neither is.
    """

    value: float
    unit: str = ""
    standard_error: float | None = None
    better: Literal["lower", "higher", ""] = ""

    def __str__(self) -> str:
        return " ".join(part for part in (" ± ".join(self.rounded()), self.unit) if part)

    def rounded(self) -> list[str]:
        """The value, and its standard error if it has one, to two digits of that error; else to five of the value."""
        error = self.standard_error
        if not error or not math.isfinite(error) or not math.isfinite(self.value):
            return [_short(number) for number in (self.value, error) if number is not None]
        decimals = min(max(1 - math.floor(math.log10(error)), 0), 6)
        return [f"{number:,.{decimals}f}" for number in (self.value, error)]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; NaN and infinities, which JSON has not, as None."""
        error = None if self.standard_error is None else _finite(self.standard_error)
        return {"value": _finite(self.value), "standard_error": error, "unit": self.unit, "better": self.better}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Figure":
        """The inverse of `to_json`."""
        return cls(**{**stored, "value": math.nan if stored["value"] is None else stored["value"]})


def mean(values: ArrayLike, unit: str = "", better: Literal["lower", "higher", ""] = "") -> Figure:
    """The mean of one value for each image, (N,), with the standard error s/√N of that mean."""
    array = np.asarray(values, np.float64)
    error = float(array.std(ddof=1) / math.sqrt(len(array))) if len(array) > 1 else None
    return Figure(float(array.mean()), unit, error, better)


@dataclass(frozen=True)
class Findings:
    """What one section of an evaluation found.

    Attributes:
        figures: by name, in the order to show them.
        notes: sentences for the reader: warnings first, and what was left out.
        pictures: file name in the section's folder → caption, in the order to show them.
    """

    figures: dict[str, Figure]
    notes: tuple[str, ...] = ()
    pictures: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types: each figure by its own name, beside `notes` and `pictures`."""
        figures = {name: figure.to_json() for name, figure in self.figures.items()}
        return {**figures, "notes": list(self.notes), "pictures": self.pictures}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Findings":
        """The inverse of `to_json`; further keys are passed over."""
        figures = {
            name: Figure.from_json(value)
            for name, value in stored.items()
            if isinstance(value, dict) and {"value", "unit"} <= set(value)
        }
        return cls(figures, tuple(stored["notes"]), dict(stored["pictures"]))


def _short(value: float) -> str:
    """Five significant digits, without an exponent where a person would write none; whole numbers as such."""
    if not math.isfinite(value):
        return str(value)
    if value == round(value) and abs(value) < 1e6:
        return f"{value:,.0f}"
    digits = 4 - math.floor(math.log10(abs(value)))
    return f"{value:.5g}" if digits > 9 else f"{value:,.{min(max(digits, 0), 6)}f}"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
