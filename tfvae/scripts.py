"""What the root scripts share: how a program ends."""

import io
import sys
from collections.abc import Callable, Sequence

from tfvae.errors import InterruptedRun, NonFiniteError, UserError


def run(main: Callable[[Sequence[str]], None], argv: Sequence[str], interrupted: str = "Interrupted.") -> int:
    """Calls `main`; the exit status: a user's mistake is a sentence and 2, a failed run 1, an interruption 130.

    Args:
        main: takes the command line, program name first.
        argv: the command line.
        interrupted: what to say after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no σ must not end a training
    try:
        main(argv)
    except UserError as error:
        return _say(str(error), 2)
    except NonFiniteError as error:
        return _say(f"\n{error}", 1)
    except OSError as error:
        return _say(f"\n{error.strerror or error}: {error.filename or 'the file that was being read or written'}", 1)
    except (InterruptedRun, KeyboardInterrupt):
        return _say(f"\n{interrupted}", 130)
    return 0


def say(text: str) -> None:
    """Prints a line that is seen at once, wherever the output goes."""
    print(text, flush=True)  # noqa: T201


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return status
