"""Runs `vae.py` in a process that kills itself: `python killed_run.py MOMENT FLAG…`."""

import os
import signal
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent.parent.parent)]

import tiny  # noqa: E402

from tfvae import export, files, plotting  # noqa: E402
from tfvae.training import checkpoints, guard  # noqa: E402


def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def when(condition, function):
    """`function`, before which the process dies if `condition` holds of its arguments."""

    def wrapped(*args, **kwargs):
        if condition(*args, **kwargs):
            die()
        return function(*args, **kwargs)

    return wrapped


def within_an_epoch():
    """The state is saved after the fourth step, and the process dies in the fifth: the second of three."""
    checkpoints.SECONDS_BETWEEN_SAVES = 0.0
    guard.NonFiniteGuard.on_train_batch_end = when(
        lambda self, *args, **kwargs: int(self.model.optimizer.iterations) == 5, guard.NonFiniteGuard.on_train_batch_end
    )


def at_the_end_of_an_epoch():
    """The second epoch is measured and logged, its best weights are written, and its state half."""
    files._flush = when(lambda path: path.name.startswith(".last."), files._flush)
    checkpoints.Checkpoints.on_train_batch_end = lambda self, batch, logs=None: None


def in_the_export():
    """The files of the SavedModel are written, and do not have their name yet."""
    write = export._write

    def wrapped(*args):
        write(*args)
        die()

    export._write = wrapped


def before_the_report():
    """All is written but the curves, the animations and the report."""
    plotting.curves = die


if __name__ == "__main__":
    {
        function.__name__: function
        for function in (within_an_epoch, at_the_end_of_an_epoch, in_the_export, before_the_report)
    }[sys.argv[1]]()
    sys.exit(tiny.script.run(["vae.py", *sys.argv[2:]]))
