"""Callbacks alone, on a model that only counts."""

import contextlib
import io
import math
import os
import signal
import threading

import numpy as np
import pytest
from PIL import Image

from tfvae.errors import NonFiniteError
from tfvae.training import log, pictures, progress
from tfvae.training.guard import NonFiniteGuard
from tfvae.training.signals import PostponedSignals


class Counter:
    """As much of a model as these callbacks look at."""

    def __init__(self, step=0):
        self.optimizer = self
        self.iterations = step
        self.stop_training = False


def attached(callback, step=0):
    callback.set_model(Counter(step))
    return callback


FINITE = {"loss": 2.0, "reconstruction": 1.0, "kl": 1.0, "sigma": 0.1, "gradient_norm": 3.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (("reconstruction", "loss"), "the reconstruction term −log p(x|z)"),
        (("kl", "loss"), "the KL term"),
        (("gradient_norm",), "the gradient"),
        (("loss",), "the loss"),
    ],
)
def test_the_guard_names_the_term_and_the_step(value, broken, words):
    guard = attached(NonFiniteGuard(), step=17)
    guard.on_train_batch_end(0, FINITE)
    guard.on_epoch_end(0, FINITE)
    with pytest.raises(NonFiniteError, match=f"^{re_escape(words)} is not finite at step 17: .*learning_rate"):
        guard.on_train_batch_end(1, {**FINITE, **dict.fromkeys(broken, value)})


def test_the_guard_looks_at_validation():
    guard = attached(NonFiniteGuard(), step=8)
    validation = {f"val_{name}": value for name, value in FINITE.items() if name != "gradient_norm"}
    guard.on_epoch_end(0, {**FINITE, **validation})
    with pytest.raises(NonFiniteError, match="the KL term of the validation images is not finite at step 8"):
        guard.on_epoch_end(0, {**FINITE, **validation, "val_kl": math.nan, "val_loss": math.nan})


def re_escape(text):
    return text.replace("|", r"\|").replace("(", r"\(").replace(")", r"\)")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def drawn(stream, epochs=2, steps=10):
    """What is written of two epochs, whose clock is a second a step."""
    bar = attached(progress.Progress(epochs, steps, lambda nats: nats / 100, stream=stream))
    bar.on_train_begin()
    for epoch in range(epochs):
        bar.on_epoch_begin(epoch)
        for step in range(steps):
            bar.model.iterations += 1
            bar.on_train_batch_end(step, {"negative_elbo": 123.456})
        bar.on_epoch_end(
            epoch,
            {"negative_elbo": 120.0, "val_negative_elbo": 110.0, "kl": 9.0, "val_kl": 8.0, "mse": 0.2, "val_mse": 0.1},
        )
    return stream.getvalue()


@pytest.fixture
def clock(monkeypatch):
    seconds = iter(range(10_000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))


def test_a_terminal_sees_a_bar(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = drawn(Terminal()).split("\r\033[K")
    bars = [line for line in lines if "━" in line]
    assert len(bars) == 20
    assert "epoch 2/2" in bars[14]
    assert "75%" in bars[14]
    assert bars[14].count("━") == 18
    assert bars[14].count("─") == 6
    assert "−ELBO 123.46 nats (1.235 bits/dim)" in bars[14]
    assert bars[14].endswith("s left")
    assert not any(line.endswith("\n") for line in bars)
    ends = [line for line in lines if line.endswith("\n")]
    assert len(ends) == 2
    assert "validation −ELBO 110.00 nats (1.100 bits/dim)  KL 8.0  MSE 0.1000" in ends[0]


@pytest.mark.parametrize("columns", [10, 40, 80])
def test_a_bar_does_not_wrap(clock, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = drawn(Terminal()).split("\r\033[K")
    bars = [line for line in lines if line and not line.endswith("\n")]
    assert len(bars) == 20
    assert max(map(len, bars)) < columns


def test_a_file_gets_a_line_an_epoch(clock):
    text = drawn(io.StringIO())
    assert "\r" not in text
    assert "\033" not in text
    lines = text.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "left" in lines[0]
    assert "left" not in lines[1]


def test_time_left_is_judged_by_the_steps_of_this_process(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    bar = attached(progress.Progress(10, 10, stream=io.StringIO()), step=50)
    bar.on_train_begin()
    now[0] = 60.0
    assert bar._left(60) == "4 min 00 s left"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")]
)
def test_durations(seconds, words):
    assert progress.duration(seconds) == words


def test_a_log_that_goes_on_is_the_log_of_the_whole(tmp_path):
    rows = [{"loss": 1 / 3 + epoch, "val_loss": 1e-7 * epoch} for epoch in range(4)]
    whole = log.RunLog(tmp_path / "whole.csv")
    for epoch, row in enumerate(rows):
        whole.on_epoch_end(epoch, row)
    part = log.RunLog(tmp_path / "part.csv")
    for epoch in range(3):
        part.on_epoch_end(epoch, {"loss": 99.0} if epoch == 2 else rows[epoch])
    rest = log.RunLog(tmp_path / "part.csv", epochs=2)  # the third is done again
    for epoch in (2, 3):
        rest.on_epoch_end(epoch, rows[epoch])
    assert (tmp_path / "part.csv").read_text() == (tmp_path / "whole.csv").read_text()
    assert log.read(tmp_path / "part.csv") == [{"epoch": epoch + 1, **row} for epoch, row in enumerate(rows)]


def test_pictures_are_ordered_by_number(tmp_path):
    for number, value in ((9999, 0), (10000, 100), (2, 200)):
        Image.fromarray(np.full((4, 4), value, np.uint8)).save(tmp_path / f"{number:04d}.png")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "mine.png")
    assert [path.name for path in pictures.numbered(tmp_path)] == ["0002.png", "9999.png", "10000.png"]


@pytest.mark.parametrize(
    ("number", "stopping", "expected"), [(3, False, True), (4, False, False), (5, False, True), (4, True, True)]
)
def test_which_epochs_have_pictures(number, stopping, expected):
    model = Counter()
    model.stop_training = stopping
    assert pictures.due(number, 3, 5, model) is expected


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("error", [None, NonFiniteError("no number"), KeyboardInterrupt()])
def test_signals_wait_and_are_as_before_afterwards(number, error):
    before = handlers()
    with pytest.raises(type(error)) if error else contextlib.nullcontext(), PostponedSignals() as signals:
        assert not signals.received
        os.kill(os.getpid(), number)
        assert signals.received
        if error:
            raise error
    assert handlers() == before


def test_a_second_signal_acts_as_ever():
    with PostponedSignals():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_another_thread_has_no_signals():
    found = []

    def work():
        with PostponedSignals() as signals:
            found.append(signals.received)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
