"""The exceptions that scripts show as a sentence instead of a traceback."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something the user gave cannot be used: the message says what, what was expected, and the mend."""


class NonFiniteError(ArithmeticError):
    """A term of the objective became NaN or infinite; the message names it, the step, and what to try."""


class InterruptedRun(Exception):
    """Training was asked to stop, and has saved where it was."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint naming the known word closest to `word`, or listing what is known.

    >>> nearest("gausian", ["bernoulli", "gaussian"])
    "did you mean 'gaussian'?"
    """
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + (", ".join(known) or "none")
