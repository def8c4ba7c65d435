"""The sequence of processes: how they end, and that none is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import home as homes
import pytest

from tfvae.errors import InterruptedRun
from tfvae.experiments import __main__ as command
from tfvae.experiments import outlook, running
from tfvae.run_folder import Run

WRITE_REPORT = "from pathlib import Path; Path('row').mkdir(); Path('row/report.json').write_text('{}')"


@pytest.fixture
def train(tmp_path):
    """Runs some code in the place of vae.py."""

    def call(code):
        (tmp_path / "vae.py").write_text(code)
        training = SimpleNamespace(name="row", arguments=("--name=row",), run=Run(tmp_path / "row"))
        return running.train(training, tmp_path)

    return call


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (WRITE_REPORT, ""),
        ("import sys; sys.exit('first line\\nthe batch is too large')", "the batch is too large"),
        ("raise ValueError('a bug')", "ValueError: a bug"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("", "exit status 0"),  # and no report
    ],
    ids=["finished", "sentence", "bug", "status", "killed", "nothing"],
)
def test_how_a_training_ends(train, capsys, code, reason):
    found = train(code)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
    if reason and "killed" not in reason and "exit" not in reason:
        assert reason in capsys.readouterr().err  # shown where it happens, too


def test_an_interrupted_training_ends_the_sequence(train):
    with pytest.raises(InterruptedRun):
        train("import sys; sys.exit(130)")


def test_the_script_gets_its_flags_and_its_own_name(train, tmp_path):
    check = "import sys; sys.exit('' if __name__ == '__main__' and sys.argv[1:] == ['--name=row'] else 'no')"
    assert train(f"{WRITE_REPORT}; {check}".replace("sys.exit('' if", "sys.exit(0 if")) == ""


def test_time_left_is_judged_by_the_same_group():
    def training(group, seconds):
        done = None if seconds is None else {"training": {"seconds": seconds}}
        return SimpleNamespace(group=group, report=done)

    rows = [training("a", 100), training("a", 200), training("a", None), training("b", None)]
    plan = SimpleNamespace(of=lambda group: [row for row in rows if row.group == group])
    assert outlook.time_left(plan, rows[2:3]) == "about 2 min 30 s of training left"
    assert outlook.time_left(plan, rows[2:]) == ""  # nothing is known of b
    assert outlook.time_left(plan, []) == ""


def started(home, *flags):
    arguments = [sys.executable, "-m", "tfvae.experiments", "two", "--data=arrays:images.npz", *flags]
    path = {"PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(arguments, cwd=home, env={**os.environ, **path}, **streams)


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)


def test_killed_and_interrupted_it_goes_on(tmp_path, monkeypatch):
    home = homes.make(tmp_path / "home")
    runs = home / "model_directory/experiments/runs"
    more = ("--config.train.epochs=30", "--rows=fixed")
    monkeypatch.chdir(home)

    process = started(home, *more)
    wait_for(runs / "fixed/checkpoints/last.npz", process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=120)  # ends when the last of those that write there has: the training too
    assert not (runs / "fixed/report.json").exists()
    begun = (runs / "fixed/config.json").read_bytes()

    process = started(home, *more)
    for line in process.stdout:
        if "validation" in line:  # of an epoch that has ended
            break
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 130
    assert said.count("Interrupted") == 1
    assert command.KEPT in said
    assert (runs / "fixed/config.json").read_bytes() == begun
    assert not (runs / "fixed/report.json").exists()

    monkeypatch.setattr(running, "train", homes.in_this_process)
    assert command.run(["experiments", "two", "--data=arrays:images.npz", *more]) == 0
    found = json.loads((home / "model_directory/experiments/two/report.json").read_text())
    (row,) = found["groups"]["rectangles"]["rows"].values()
    assert row["training"]["epochs"] == 30
    assert (runs / "fixed/log.csv").read_text().count("\n") == 31  # each epoch once
