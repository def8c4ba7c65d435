"""Records some steps of a run with TensorFlow's profiler, and says what they were spent on."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import keras
import tensorflow as tf

from tfvae import checks
from tfvae.configuration import Config
from tfvae.errors import UserError
from tfvae.files import write_text
from tfvae.run_folder import Run
from tfvae.training.trace import Operation, by_kind, operations

WARM_UP = 5  # steps of a process that are not typical: the first of them compiles
_KINDS, _PLACES = 15, 25  # most rows
_PLUGINS = ("tensorboard_plugin_profile", "xprof")
# 3: every operation; with 2 those are left out that TensorFlow takes for cheap, most of a small model's. Python is not
# traced: that alone would take longer than a step.
_OPTIONS = {"host_tracer_level": 3, "python_tracer_level": 0, "device_tracer_level": 1}


class Profile(keras.callbacks.Callback):
    """Records steps of the run as it goes, all of one epoch; the run itself stays the same, bit for bit.

    The trace goes to `tensorboard/plugins/profile/` in the run, and what it says of operations to `profile.md`. A run
    that is stopped meanwhile keeps what was recorded until then.

    Args:
        run: whose steps.
        config: of it, resolved.
        steps: how many.
        say: is told where the profile is.
    """

    def __init__(self, run: Run, config: Config, steps: int, say: Callable[[str], None]) -> None:
        super().__init__()
        self.per_epoch = checks.steps_per_epoch(config)
        self.run = run
        self.steps = steps
        self.say = say
        self._first: int | None = None  # step of this process
        self._began: tuple[int, float] | None = None  # step and time at which recording did
        self._open = ExitStack()
        self._done = False

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Starts recording once the process is warm and the epoch long enough."""
        if self._done:
            return
        step = int(self.model.optimizer.iterations)
        self._first = step if self._first is None else self._first
        left = self.per_epoch - step % self.per_epoch
        if self._began is None and step - self._first >= WARM_UP and left >= self.steps:
            options = tf.profiler.experimental.ProfilerOptions(**_OPTIONS)
            tf.profiler.experimental.start(str(self.run.tensorboard), options)
            self._began = step, time.perf_counter()
        if self._began is not None:
            self._open.enter_context(tf.profiler.experimental.Trace("train", step_num=step, _r=1))

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Ends recording after the last of the steps."""
        self._open.close()
        if self._began is not None and int(self.model.optimizer.iterations) - self._began[0] >= self.steps:
            self._finish()

    def close(self) -> None:
        """Keeps what was recorded until now, if recording has not ended; says so if nothing was."""
        self._open.close()
        if self._began is not None:
            self._finish()
        elif not self._done:
            self.say(
                f"Nothing was profiled: no epoch had {self.steps} steps left after the first {WARM_UP} of this start"
            )

    def _finish(self) -> None:
        (first, began), self._began, self._done = self._began or (0, 0.0), None, True
        milliseconds = 1000 * (time.perf_counter() - began)
        steps = int(self.model.optimizer.iterations) - first
        tf.profiler.experimental.stop()
        recorded = max(
            self.run.tensorboard.glob("plugins/profile/*/*.xplane.pb"), key=lambda path: path.stat().st_mtime
        )
        page = self.run.folder / "profile.md"
        write_text(page, report(operations(recorded), first, max(steps, 1), milliseconds, recorded))
        self.say(f"Profile of {steps} steps: {page}\n{how_to_open(self.run.tensorboard)}")


@contextmanager
def recorded(run: Run, config: Config, steps: int | None, say: Callable[[str], None]) -> Iterator[list[Profile]]:
    """The callback for training in this block, none if no steps are asked for. See `Profile` for the arguments."""
    callbacks = [Profile(run, config, steps, say)] if steps else []
    try:
        yield callbacks
    finally:  # Keras ends no callback where training is interrupted
        for callback in callbacks:
            callback.close()


def check(steps: int | None, config: Config) -> None:
    """Raises `UserError` if no epoch of a run has so many steps after the first few of the run."""
    per_epoch, epochs = checks.steps_per_epoch(config), config.train.epochs
    warm, done = divmod(WARM_UP, per_epoch)  # the epoch that is the first to be recorded in, and how far it is then
    whole, part = epochs > warm + (done > 0), epochs > warm
    most = per_epoch if whole else (per_epoch - done) * part
    if steps and steps > most:
        advice = f"at most {most}" if most else f"a longer run: its first {WARM_UP} steps are never recorded"
        raise UserError(
            f"--profile={steps}: the run has {epochs} epoch(s) of {per_epoch} steps, and a profile is of one epoch: "
            f"expected {advice}"
        )


def how_to_open(folder: Path) -> str:
    """The command that shows a trace, and what is missing for it."""
    command = f"Open it with: tensorboard --logdir {folder} (tab Profile)"
    if any(importlib.util.find_spec(name) for name in _PLUGINS):
        return command
    return f"{command}; its plugin is not installed: pip install tensorboard-plugin-profile"


def report(found: list[Operation], first: int, steps: int, milliseconds: float, recorded: Path) -> str:
    """`profile.md`: where the time of `steps` steps went that took so many milliseconds together."""
    total = sum(operation.milliseconds for operation in found) or 1.0
    where = recorded.parent.relative_to(recorded.parents[4])
    lines = [
        f"# Profile of steps {first + 1} to {first + steps}",
        "",
        f"{milliseconds / steps:.2f} ms a step, recorder included. Operations ran for {total / steps:.2f} ms of each, "
        f"added up over threads: {total / milliseconds:.0%} of the time that passed. Where one is divided among "
        "threads, its time is that of the thread that began it.",
        "",
        *_table("kind of operation", [(f"`{one.kind}`", one) for one in by_kind(found)[:_KINDS]], total, steps),
        "",
        *_table("operation", [(f"`{one.place}` ({one.kind})", one) for one in found[:_PLACES]], total, steps),
        "",
        f"All of it is in `{where / recorded.name}`, for TensorBoard.",
    ]
    return "\n".join(lines) + "\n"


def _table(title: str, rows: list[tuple[str, Operation]], total: float, steps: int) -> list[str]:
    lines = [f"| {title} | ms | ms a step | share | calls |", "|---|--:|--:|--:|--:|"]
    for name, one in rows:
        spent = f"{one.milliseconds:.2f} | {one.milliseconds / steps:.3f} | {one.milliseconds / total:.1%}"
        lines.append(f"| {name} | {spent} | {one.calls} |")
    return lines
