"""What the command lines share: every flag is read before any fault is reported, and TensorFlow is not imported."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from absl import flags

from tfvae.errors import UserError, nearest


class _Fault(str):
    """What is wrong with a flag; takes the place of its value, so that all flags are read before any is refused."""


class Span(NamedTuple):
    """Evenly spaced numbers, the ends among them; written low:high:number."""

    low: float
    high: float
    number: int

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}:{self.number}"

    def values(self) -> tuple[float, ...]:
        """The numbers; rounded, so that a 0 among them is one."""
        step = (self.high - self.low) / (self.number - 1)
        return tuple(round(self.low + index * step, 9) + 0.0 for index in range(self.number))


class _Parser(flags.ArgumentParser[Any]):
    def __init__(self, convert: Callable[[str], Any], valid: Callable[[Any], bool], expected: str) -> None:
        self._convert, self._valid, self._expected = convert, valid, expected

    def parse(self, argument: Any) -> Any:
        try:
            value = self._convert(argument)
        except ValueError:
            return _Fault(f"received {argument!r}, expected {self._expected}")
        return value if self._valid(value) else _Fault(f"received {argument!r}, expected {self._expected}")


class CommandLine:
    """Flags of one program: defined, read, and checked one by one.

    These are flags of its own, not absl's global ones: those belong to whichever script is run.
    """

    def __init__(self) -> None:
        self._values = flags.FlagValues()
        self._values.set_gnu_getopt()
        flags.DEFINE_boolean("help", False, "show this help", flag_values=self._values, short_name="h")

    def text(self, name: str, default: str | None, help_text: str) -> None:
        """A flag that may be any text."""
        flags.DEFINE_string(name, default, help_text, flag_values=self._values)

    def switch(self, name: str, help_text: str) -> None:
        """A flag without a value."""
        flags.DEFINE_boolean(name, False, help_text, flag_values=self._values)

    def count(self, name: str, default: int, help_text: str, example: int, low: int = 1) -> None:
        """A whole number of at least `low`."""
        expected = f"a whole number of at least {low}: try --{name}={example}"
        self._checked(name, default, help_text, _Parser(int, lambda value: value >= low, expected))

    def seed(self) -> None:
        """The flag `--seed`."""
        parser = _Parser(int, lambda value: 0 <= value < 2**31, "a whole number from 0 to 2147483647: try --seed=0")
        self._checked("seed", 0, "seed of everything random: the same seed writes the same files", parser)

    def factor(self, name: str, help_text: str, example: float) -> None:
        """A finite number above 0, by default 1."""
        expected = f"a finite number above 0: try --{name}={example}"
        self._checked(name, 1.0, help_text, _Parser(float, lambda value: 0 < value < math.inf, expected))

    def span(self, name: str, default: Span, help_text: str) -> None:
        """A `Span` of 2 to 100 numbers."""
        expected = f"from:to:how many, finite, upwards, 2 to 100 of them: try --{name}={default}"
        self._checked(name, default, help_text, _Parser(_span, _is_span, expected))

    def names(self, name: str, help_text: str, example: str) -> None:
        """Names with commas between them, as a tuple; None if the flag is not given."""
        expected = f"one or more names, with commas between them: try --{name}={example}"
        self._checked(name, None, help_text, _Parser(_names, bool, expected))

    def _checked(self, name: str, default: Any, help_text: str, parser: _Parser) -> None:
        flags.DEFINE(parser, name, default, help_text, flag_values=self._values)

    def read(self, argv: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        """The values of all flags by name, and a sentence for each fault; a wrong value is given as None."""
        try:
            left = self._values(list(argv), known_only=True)[1:]
        except flags.Error as error:  # a flag without its value
            return self._given(), [f"the command line cannot be read: {error}; write --flag=value, and see --help"]
        flag_names = [f"--{name}" for name in self._values]
        faults = [
            f"there is no flag {name}: {nearest(name, flag_names)}"
            if name.startswith("-")
            else f"{name!r} is no flag: every argument starts with --, as in --run=NAME"
            for name in (argument.split("=")[0] for argument in left)
        ]
        given = self._given()
        faults += [f"--{name}: {value}" for name, value in given.items() if isinstance(value, _Fault)]
        return {name: None if isinstance(value, _Fault) else value for name, value in given.items()}, faults

    def was_given(self, name: str) -> bool:
        """Whether the command line holds the flag, after `read`."""
        return bool(self._values[name].present)

    def _given(self) -> dict[str, Any]:
        return {name: self._values[name].value for name in self._values}

    def help(self) -> str:
        """A line for each flag."""
        values = self._values
        own = [values[name] for name in values if not name.startswith(("flagfile", "undefok")) and len(name) > 1]
        defaults = {flag.name: "" if flag.default in (None, False) else f" (default: {flag.default})" for flag in own}
        lines = [f"  --{flag.name:<16} {flag.help}{defaults[flag.name]}" for flag in own]
        return "\n".join(["Flags:", *lines])


def _span(text: str | Span) -> Span:
    low, high, number = str(text).split(":")
    return Span(float(low), float(high), int(number))


def _is_span(span: Span) -> bool:
    return -math.inf < span.low < span.high < math.inf and 2 <= span.number <= 100


def _names(text: str) -> tuple[str, ...]:
    """Split at the commas that are not inside parentheses: an entry may have options."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(part.strip() for part in parts if part.strip())


def unknown(flag: str, kind: str, names: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """A sentence for each name that is not known."""
    return [
        f"--{flag}: there is no {kind} {name!r}: {nearest(name, known)}" for name in names or () if name not in known
    ]


def attempt(function: Callable[..., Any], faults: list[str], *arguments: Any) -> Any:
    """What `function` gives; if it raises a `UserError`, that is one more fault, and the answer None."""
    try:
        return function(*arguments)
    except UserError as error:
        faults.append(str(error))
        return None
