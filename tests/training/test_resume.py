"""A run that is stopped, however and whenever, ends as if it had not been."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny

from tfvae.training import checkpoints, guard, log, progress

# All that has a state: averages of weights and σ, a warm-up, patience, a learning rate that falls, a start from images.
STATEFUL = (
    "--config.model.network=linear_residual(channels=(4,),blocks=0)",
    "--config.model.likelihood=gaussian(scale=optimal)",
    "--config.model.kl_weight=linear(duration=0.5)",
    "--config.train.ema=0.8",
    "--config.train.early_stopping=5",
    "--config.train.epochs=4",
)
CODES = (
    "--config.model.family=vqvae",
    "--config.model.network=residual_stack(hidden=4,residual=3)",
    "--config.model.quantizer=vector(codes=30,revive_after=2)",
    "--config.model.kl_weight=constant",
)
BINARY = ("--config.data.pixels=binarize", "--config.model.likelihood=bernoulli")
MOMENTS = ("within_an_epoch", "at_the_end_of_an_epoch", "in_the_export", "before_the_report")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.save_pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def binary(data, tmp_path_factory):
    """A finished run with noise in its pixels, which nothing has stopped."""
    return tiny.train(data, tmp_path_factory.mktemp("binary"), *BINARY)


def rows_of(run):
    return log.read(run / "log.csv")


def assert_same_run(run, expected):
    for name in ("last.npz", "best.npz"):
        tiny.assert_same_arrays(run / "checkpoints" / name, expected / "checkpoints" / name)
    assert rows_of(run) == rows_of(expected)
    found, wanted = (json.loads((folder / "report.json").read_text()) for folder in (run, expected))
    for name in ("numbers", "model", "data", "serving_version", "config"):
        assert found[name] == wanted[name]
    assert found["training"]["best_epoch"] == wanted["training"]["best_epoch"]
    for kind in ("generations", "reconstructions"):
        pictures = [sorted((folder / "pictures" / kind).iterdir()) for folder in (run, expected)]
        assert [path.name for path in pictures[0]] == [path.name for path in pictures[1]]
        assert [path.read_bytes() for path in pictures[0]] == [path.read_bytes() for path in pictures[1]]
    assert sorted(tiny.files_of(run / "serving")) == sorted(tiny.files_of(expected / "serving"))


def test_a_run_killed_at_four_moments_ends_as_one_that_was_not(data, tmp_path):
    expected = tiny.train(data, tmp_path / "whole", *STATEFUL)
    command = tiny.flags(data, tmp_path / "killed", *STATEFUL)[1:]
    run = tmp_path / "killed" / "run"
    steps = []
    for moment in MOMENTS:
        driver = [sys.executable, str(Path(__file__).parent / "killed_run.py"), moment, *command]
        found = subprocess.run(driver, capture_output=True, text=True, timeout=300)
        assert found.returncode == -signal.SIGKILL, found.stderr
        assert not (run / "report.json").exists()
        with np.load(run / "checkpoints" / "last.npz") as file:
            steps.append(json.loads(str(file["state"]))["step"])
    assert steps == [4, 4, 12, 12]
    assert len(log.read(run / "log.csv")) == 4
    tiny.train(data, tmp_path / "killed", *STATEFUL)
    assert_same_run(run, expected)
    assert not [path for path in run.rglob(".*") if path.is_file() or path.suffix == ".partial"]


def test_the_same_seed_gives_the_same_run_and_another_another(data, binary, tmp_path):
    assert_same_run(tiny.train(data, tmp_path, *BINARY, name="again"), binary)
    other = tiny.train(data, tmp_path, *BINARY, "--config.train.seed=1", name="other")
    found, expected = (tiny.arrays(run / "checkpoints" / "best.npz") for run in (other, binary))
    assert not any(np.array_equal(a, b) for a, b in zip(found, expected, strict=True) if a.ndim == 2)


def signal_when(monkeypatch, number, callback, hook, step):
    """Has this process get a signal in a callback's hook, once, at an optimiser step."""
    original = getattr(callback, hook)
    sent = []

    def wrapped(self, *args, **kwargs):
        if not sent and int(self.model.optimizer.iterations) == step:
            sent.append(number)
            os.kill(os.getpid(), number)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(callback, hook, wrapped)


@pytest.mark.parametrize(
    ("number", "hook", "step", "saved"),
    [
        (signal.SIGINT, "on_train_batch_end", 5, 5),
        (signal.SIGTERM, "on_train_batch_end", 5, 5),
        # After an epoch's last step the epoch is ended first: it is measured, logged and compared.
        (signal.SIGINT, "on_train_batch_end", 6, 6),
        (signal.SIGINT, "on_train_batch_end", 9, 9),
        (signal.SIGINT, "on_epoch_end", 9, 9),
    ],
)
def test_a_run_that_is_asked_to_stop_saves_and_goes_on(
    data, binary, tmp_path, monkeypatch, capsys, number, hook, step, saved
):
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    with monkeypatch.context() as patch:
        signal_when(patch, number, guard.NonFiniteGuard, hook, step)
        status = tiny.script.run(tiny.flags(data, tmp_path, *BINARY))
    run, captured = tmp_path / "run", capsys.readouterr()
    assert status == 130
    assert "the same command goes on" in captured.err
    assert "Traceback" not in captured.err + captured.out
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    assert not (run / "report.json").exists()
    with np.load(run / "checkpoints" / "last.npz") as file:
        assert json.loads(str(file["state"]))["step"] == saved
    assert len(log.read(run / "log.csv")) == saved // tiny.STEPS_PER_EPOCH
    assert_same_run(tiny.train(data, tmp_path, *BINARY), binary)


def test_a_codebook_goes_on_where_it_was(data, tmp_path, monkeypatch):
    expected = tiny.train(data, tmp_path, *CODES, name="whole")
    with monkeypatch.context() as patch:
        signal_when(patch, signal.SIGINT, guard.NonFiniteGuard, "on_train_batch_end", 5)
        assert tiny.script.run(tiny.flags(data, tmp_path, *CODES)) == 130
    run = tiny.train(data, tmp_path, *CODES)
    for name in ("last.npz", "best.npz"):
        tiny.assert_same_arrays(run / "checkpoints" / name, expected / "checkpoints" / name)
    assert rows_of(run) == rows_of(expected)
    numbers = [json.loads((folder / "report.json").read_text())["numbers"] for folder in (run, expected)]
    assert numbers[0] == numbers[1]
    counts = [tiny.arrays(folder / "examples.npz") for folder in (run, expected)]
    assert all(np.array_equal(one, other) for one, other in zip(*counts, strict=True))


def test_a_second_ctrl_c_stops_at_once(data, tmp_path, monkeypatch, capsys):
    def twice(self, batch, logs=None):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(guard.NonFiniteGuard, "on_train_batch_end", twice)
    assert tiny.script.run(tiny.flags(data, tmp_path)) == 130
    assert not (tmp_path / "run" / "checkpoints" / "last.npz").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_a_process_that_gets_ctrl_c_ends(data, tmp_path):
    command = tiny.flags(data, tmp_path, "--config.train.epochs=100000", "--config.train.pictures_every=100000")
    process = subprocess.Popen(
        [sys.executable, str(tiny.ROOT / "vae.py"), *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert "epoch" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "Interrupted" in errors
    assert "Traceback" not in errors + output


def test_ctrl_c_before_training_leaves_nothing(data, tmp_path, monkeypatch, capsys):
    from tfvae import runs

    monkeypatch.setattr(runs, "load_data", lambda config: os.kill(os.getpid(), signal.SIGINT))
    assert tiny.script.run(tiny.flags(data, tmp_path)) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_that_stopped_early_stays_stopped(data, tmp_path, monkeypatch):
    # The bound cannot get better: the same one is reported after every epoch.
    flags = ("--config.train.early_stopping=2", "--config.train.epochs=50", "--config.train.pictures_every=40")
    best = checkpoints.Best.on_epoch_end
    monkeypatch.setattr(
        checkpoints.Best, "on_epoch_end", lambda self, epoch, logs: best(self, epoch, {"val_loss": 1.0})
    )
    run = tiny.train(data, tmp_path, *flags, "--config.model.kl_weight=constant")
    report = json.loads((run / "report.json").read_text())
    assert (report["training"]["epochs"], report["training"]["best_epoch"]) == (3, 1)
    assert report["training"]["stopped_early"]
    assert "3 epochs (stopped early)" in (run / "report.md").read_text()
    assert [path.name for path in (run / "pictures" / "generations").iterdir()] == ["0003.png"]
    # Killed before its report: it is finished, and not trained any further.
    (run / "report.json").unlink()
    tiny.train(data, tmp_path, *flags, "--config.model.kl_weight=constant")
    again = json.loads((run / "report.json").read_text())
    assert (again["training"]["steps"], again["numbers"]) == (9, report["numbers"])


def test_other_images_do_not_go_on_with_a_run(data, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        signal_when(patch, signal.SIGINT, progress.Progress, "on_train_batch_end", 4)
        assert tiny.script.run(tiny.flags(data, tmp_path)) == 130
    other = tiny.save_pictures(tmp_path / "other", seed=1)
    before = tiny.files_of(tmp_path / "run")
    assert tiny.script.run(tiny.flags(other, tmp_path)) == 2
    assert "has begun with other images" in capsys.readouterr().err
    after = tiny.files_of(tmp_path / "run")
    assert {name: after[name][0] for name in after if name != "config.json"} == {
        name: before[name][0] for name in before if name != "config.json"
    }


def test_a_checkpoint_of_another_structure_is_refused(data, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        signal_when(patch, signal.SIGINT, progress.Progress, "on_train_batch_end", 4)
        assert tiny.script.run(tiny.flags(data, tmp_path)) == 130
    path = tmp_path / "run" / "checkpoints" / "last.npz"
    with np.load(path) as file:
        saved = dict(file.items())
    del saved[next(iter(saved))]
    np.savez(path, **saved)
    assert tiny.script.run(tiny.flags(data, tmp_path)) == 2
    error = capsys.readouterr().err
    assert "cannot go on from" in error
    assert "--overwrite" in error
