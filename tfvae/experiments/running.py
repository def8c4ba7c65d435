"""Trains what is not finished, one row after the other, each by `vae.py` in a process of its own.

So memory is freed, layers are numbered from one, and a row is what the same command line gives by itself: killed at
any moment, it goes on bit by bit as if it had not been.
"""

import codecs
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tfvae.durations import duration
from tfvae.errors import InterruptedRun
from tfvae.experiments.outlook import time_left
from tfvae.experiments.planning import Plan, Training

INTERRUPTED = 130  # the exit status of vae.py after Ctrl-C or SIGTERM
_TAIL = 4000  # characters of an error that are kept


def train_all(made: Plan, say: Callable[[str], None]) -> dict[str, str]:
    """Trains every row that is not finished.

    Args:
        made: checked.
        say: takes lines for the user.

    Returns:
        Why there is no finished run: row → the last line of its error. Rows that are finished are not in it.

    Raises:
        InterruptedRun: Ctrl-C or SIGTERM; the row that was being trained has saved where it was.
    """
    failures: dict[str, str] = {}
    for number, training in enumerate(made.trainings, 1):
        head = f"[{number}/{len(made.trainings)}] {training.name}"
        if not training.run.report.exists():
            waiting = [other for other in made.trainings[number - 1 :] if not other.run.report.exists()]
            left = time_left(made, waiting)
            say(f"{head} …{left and f'  ({left})'}")
            failure = train(training, made.request.home)
            if failure:
                failures[training.name] = failure
                say(f"{head}  failed: {failure}")
                continue
        say(f"{head}  {_summary(training.report or {})}")
    return failures


def _summary(report: dict[str, Any]) -> str:
    training = report["training"]
    error = report["numbers"].get("test", {}).get("mse_at_mean")
    words = "" if error is None else f", test MSE {error:.5f}"
    return f"finished: {duration(training['seconds'])}, {training['images_per_second']:,.0f} images/s{words}"


def train(training: Training, home: Path) -> str:
    """Trains one row to its end. Returns "" or why that failed; raises `InterruptedRun` as `train_all`."""
    command = [sys.executable, "-m", "tfvae.experiments.child", str(home / "vae.py"), *training.arguments]
    # A session of its own, for Ctrl-C is to reach it once: through here.
    with (
        _sigterm_as_ctrl_c(),
        subprocess.Popen(
            command, cwd=home, stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        ) as child,
    ):
        errors = _Tee(child.stderr)
        try:
            status = child.wait()
        except KeyboardInterrupt:
            errors.silent = True  # it says the same as is said here
            _stop(child)
            raise InterruptedRun from None
        errors.join()
    if status == INTERRUPTED:
        raise InterruptedRun
    return "" if training.run.report.exists() and not status else _reason(status, errors.text)


def _stop(child: subprocess.Popen) -> None:
    """Lets a training save where it is; a second Ctrl-C does not wait for that."""
    try:
        child.send_signal(signal.SIGINT)
        child.wait()
    except KeyboardInterrupt:
        child.kill()
        child.wait()


def _reason(status: int, text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if status < 0:
        return f"killed by {signal.Signals(-status).name}; if that was for want of memory, give a smaller batch"
    return lines[-1] if lines else f"exit status {status}"


class _Tee:
    """Passes the standard error of a process on, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self.text = ""
        self.silent = False
        self._pipe = pipe
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Waits for the end of it."""
        self._thread.join()

    def _run(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while self._pipe and (found := os.read(self._pipe.fileno(), 4096)):
            text = decode(found)
            self.text = (self.text + text)[-_TAIL:]
            if not self.silent:
                sys.stderr.write(text)
                sys.stderr.flush()


@contextmanager
def _sigterm_as_ctrl_c() -> Any:
    """Within the block SIGTERM interrupts as Ctrl-C does, where that can be arranged: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
