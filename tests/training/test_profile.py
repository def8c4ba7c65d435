"""`vae.py --profile=STEPS`: recorded steps, and the same run."""

import json
import os
import re
import signal

import pytest
import tiny

from tfvae.configuration import Config, DataConfig, TrainConfig
from tfvae.errors import UserError
from tfvae.training import profile, trace

FLAGS = ("--config.train.epochs=4",)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.save_pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def plain(data, tmp_path_factory):
    return tiny.train(data, tmp_path_factory.mktemp("plain"), *FLAGS)


def trace_of(run):
    (path,) = (run / "tensorboard").glob("plugins/profile/*/*.xplane.pb")
    return path


def test_the_run_is_the_same_and_its_steps_are_recorded(data, plain, tmp_path, capsys):
    run = tiny.train(data, tmp_path, *FLAGS, "--profile=2")
    out = capsys.readouterr().out
    assert f"Profile of 2 steps: {run / 'profile.md'}" in out
    assert f"tensorboard --logdir {run / 'tensorboard'}" in out
    tiny.assert_same_arrays(run / "checkpoints" / "last.npz", plain / "checkpoints" / "last.npz")
    # The first five steps warm up, the sixth is the last of its epoch: from the seventh two fit.
    text = (run / "profile.md").read_text(encoding="utf-8")
    assert text.startswith("# Profile of steps 7 to 8\n")
    calls = {operation.kind: operation.calls for operation in trace.by_kind(trace.operations(trace_of(run)))}
    assert calls["StatelessRandomNormalV2"] == 2  # the noise of z, once a step
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+)% \| (\d+) \|$", text, re.MULTILINE)
    assert any("MatMul" in row[0] for row in rows)
    assert all(float(total) == pytest.approx(2 * float(each), abs=0.02) for _, total, each, _, _ in rows)
    assert 0 < sum(float(row[3]) for row in rows) <= 100.5
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert "profile" not in json.dumps(report["command"])


def test_interrupted_while_recording_it_goes_on_to_the_same_end(data, plain, tmp_path, monkeypatch, capsys):
    ended = profile.Profile.on_train_batch_end

    def interrupted(self, batch, logs=None):
        ended(self, batch, logs)
        if int(self.model.optimizer.iterations) == 7:
            os.kill(os.getpid(), signal.SIGINT)

    flags = tiny.flags(data, tmp_path, *FLAGS, "--profile=3")
    with monkeypatch.context() as patch:
        patch.setattr(profile.Profile, "on_train_batch_end", interrupted)
        assert tiny.script.run(flags) == 130
    run = tmp_path / "run"
    assert (run / "profile.md").read_text(encoding="utf-8").startswith("# Profile of steps 7 to 7\n")
    assert "Profile of 1 steps" in capsys.readouterr().out
    assert tiny.script.run([flag for flag in flags if not flag.startswith("--profile")]) == 0
    tiny.assert_same_arrays(run / "checkpoints" / "last.npz", plain / "checkpoints" / "last.npz")


def test_it_says_so_where_nothing_could_be_recorded(data, tmp_path, capsys):
    """One call does three steps, and the second of two is too early: it begins with the fourth step."""
    further = ("--config.train.epochs=2", "--config.train.steps_per_execution=3", "--profile=1")
    run = tiny.train(data, tmp_path, *further)
    assert "Nothing was profiled" in capsys.readouterr().out
    assert not (run / "profile.md").exists()


def test_several_steps_a_call(data, tmp_path):
    run = tiny.train(data, tmp_path, *FLAGS, "--config.train.steps_per_execution=3", "--profile=2")
    assert (run / "profile.md").read_text(encoding="utf-8").startswith("# Profile of steps 7 to 9\n")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--profile=0",), "0 is not an integer in the range"),
        (("--profile=some",), "--profile=some"),
        (("--profile=4",), "--profile=4: the run has 4 epoch(s) of 3 steps"),
        (("--profile=1", "--config.train.epochs=1"), "a longer run"),
    ],
)
def test_wrong_numbers_are_a_sentence_and_write_nothing(flags, words, data, tmp_path, capsys):
    assert tiny.script.run(tiny.flags(data, tmp_path / "models", *FLAGS, *flags)) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "models").exists()


def test_a_finished_run_has_no_steps_left(data, plain, capsys):
    before = tiny.files_of(plain)
    assert tiny.script.run(tiny.flags(data, plain.parent, *FLAGS, "--profile=2")) == 2
    assert "is finished" in capsys.readouterr().err
    assert tiny.files_of(plain) == before


@pytest.mark.parametrize(
    ("steps", "per_epoch", "epochs", "fits"),
    [
        (3, 3, 4, True),
        (4, 3, 4, False),
        (3, 3, 2, False),
        (1, 3, 2, True),
        (2, 3, 2, False),
        (3, 3, 3, True),
        (5, 10, 1, True),
        (6, 10, 1, False),
    ],
)
def test_what_fits(steps, per_epoch, epochs, fits):
    config = Config(data=DataConfig(num_images=per_epoch * 10), train=TrainConfig(batch_size=10, epochs=epochs))
    if fits:
        profile.check(steps, config)
    else:
        with pytest.raises(UserError, match=f"--profile={steps}"):
            profile.check(steps, config)


@pytest.mark.parametrize(("installed", "missing"), [((), True), (("xprof",), False)])
def test_the_plugin_is_named_where_it_is_not_installed(installed, missing, monkeypatch, tmp_path):
    monkeypatch.setattr(profile.importlib.util, "find_spec", lambda name: name if name in installed else None)
    sentence = profile.how_to_open(tmp_path)
    assert f"tensorboard --logdir {tmp_path}" in sentence
    assert ("pip install tensorboard-plugin-profile" in sentence) == missing
