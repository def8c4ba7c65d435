"""Images decoded once: the same pixels, whole files, and errors that say what to do."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfvae.datasets import DATASETS, prepare, preparing
from tfvae.datasets.base import Request
from tfvae.datasets.prepared import load
from tfvae.errors import UserError

CLASSES = ("cat", "dog")
SHARD_BYTES = 5 * 8 * 6 * 3  # five images


@pytest.fixture
def pictures(rng, encode, write_tree):
    """A folder of 23 training and 4 test images, 8×6, of two classes."""
    files = {}
    for split, count in (("train", 23), ("test", 4)):
        for number in range(count):
            image = rng.integers(0, 256, (8, 6, 3), np.uint8)
            files[f"{split}/{CLASSES[number % 2]}/{number:02}.png"] = encode(image)
    return write_tree(files)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "prepared"


@pytest.fixture
def run(pictures, output, monkeypatch):
    """Runs the command with small shards; its exit status."""
    monkeypatch.setattr(preparing, "SHARD_BYTES", SHARD_BYTES)

    def command(*flags, dataset="folder"):
        return prepare.run(["prepare", f"--dataset={dataset}", f"--data_dir={pictures}", f"--output={output}", *flags])

    return command


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_images_labels_and_splits(run, pictures, output):
    assert run() == 0
    expected, found = DATASETS["folder"](Request(dir=str(pictures))), load(Request(dir=str(output)))
    rows = np.array([22, 0, 7, 7, 5, 4])
    np.testing.assert_array_equal(found.train.images(rows), expected.train.images(rows))
    np.testing.assert_array_equal(found.test.images(range(4)), expected.test.images(range(4)))
    np.testing.assert_array_equal(found.train.labels, expected.train.labels)
    assert found.train.label_names == CLASSES
    assert found.validation is None
    assert found.notes[0] == "prepared from folder(test_fraction=0.1)"
    np.testing.assert_array_equal(found.train.subset([9, 3]).images([1]), expected.train.images([3]))


def test_validation_is_cut_as_of_the_data_set(run, pictures, output):
    assert run() == 0
    expected = DATASETS["folder"](Request(dir=str(pictures), validation=6))
    found = load(Request(dir=str(output), validation=6))
    np.testing.assert_array_equal(found.validation.images(range(6)), expected.validation.images(range(6)))
    np.testing.assert_array_equal(found.train.images(range(17)), expected.train.images(range(17)))


def test_shards_are_ordinary_tfrecords(run, pictures, output):
    assert run() == 0
    names = sorted(str(path) for path in output.glob("train-*.tfrecord"))
    assert len(names) == 5
    records = [tf.io.decode_raw(record, tf.uint8) for record in tf.data.TFRecordDataset(names)]
    expected = DATASETS["folder"](Request(dir=str(pictures))).train.images(range(23))
    np.testing.assert_array_equal(np.reshape(records, (23, 8, 6, 3)), expected)


def test_killed_and_begun_again(run, output, monkeypatch, tmp_path):
    assert run() == 0
    expected = contents(output)
    output.rename(tmp_path / "whole")
    written = []
    write = preparing._write_records

    def fail_at_third(path, source, rows):
        write(path, source, rows)
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)

    monkeypatch.setattr(preparing, "_write_records", fail_at_third)
    assert run() == 130
    assert [path.suffix for path in sorted(output.iterdir())] == [".json", ".tfrecord", ".tfrecord"]
    with pytest.raises(UserError, match=r"prepared is only half prepared: run the same python -m tfvae.datasets.prep"):
        load(Request(dir=str(output)))
    (output / ".train-00001-of-00005.123.tfrecord").write_bytes(b"left behind")
    monkeypatch.setattr(preparing, "_write_records", write)
    before = {path: path.stat().st_mtime_ns for path in output.glob("train*.tfrecord")}
    assert run() == 0
    assert contents(output) == expected
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())  # checked, not written again


def test_process_killed_without_warning(pictures, output):
    """Between two files: what has its name is whole."""
    code = """
import os, signal, sys
from tfvae.datasets import prepare, preparing
preparing.SHARD_BYTES = 720
finished = preparing.ProgressNotes.add
def add(self, file):
    if len(self.finished) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    finished(self, file)
preparing.ProgressNotes.add = add
prepare.run(sys.argv)
"""
    flags = ["--dataset=folder", f"--data_dir={pictures}", f"--output={output}"]
    ended = subprocess.run([sys.executable, "-c", code, *flags], capture_output=True, text=True, timeout=120)
    assert ended.returncode == -9, ended.stderr
    assert not (output / "manifest.json").exists()
    half = contents(output)
    assert prepare.run(["prepare", *flags]) == 2  # other shards: nothing is touched
    assert contents(output) == half
    again = code.replace("== 3", "== -1")
    subprocess.run([sys.executable, "-c", again, *flags], capture_output=True, timeout=120, check=True)
    preparing.verify(output)
    assert load(Request(dir=str(output))).train.num_images == 23


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data[:50] + b"?" + data[51:], None])
def test_damaged_shard_is_found_and_written_anew(spoil, run, output, capsys):
    assert run() == 0
    expected = contents(output)
    shard = output / "train-00002-of-00005.tfrecord"
    shard.unlink() if spoil is None else shard.write_bytes(spoil(shard.read_bytes()))
    verify = ["prepare", "--verify", f"--output={output}"]
    assert prepare.run(verify) == 2
    assert "train-00002-of-00005.tfrecord is missing or not as written" in capsys.readouterr().err
    assert run() == 0
    assert contents(output) == expected
    assert prepare.run(verify) == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "00005.tfrecord is missing: run the same"),
        (lambda path: path.write_bytes(path.read_bytes()[:-3]), r"has 797 bytes where its manifest says 800: run"),
        (lambda path: path.write_bytes(bytes(800)), "holds other records than 144 bytes each"),
    ],
)
def test_unreadable_shard_is_named_when_loaded(spoil, words, run, output):
    assert run() == 0
    spoil(output / "train-00001-of-00005.tfrecord")
    with pytest.raises(UserError, match=words):
        load(Request(dir=str(output)))


def test_manifest_of_another_version_and_damaged(run, output, tmp_path):
    assert run() == 0
    path = output / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "version": 99}))
    with pytest.raises(UserError, match=r"manifest.json is of version 99, and this program reads 1"):
        load(Request(dir=str(output)))
    path.write_text(json.dumps(values)[:200])
    with pytest.raises(UserError, match=r"manifest.json is damaged .*: remove it, and run the same"):
        load(Request(dir=str(output)))
    with pytest.raises(UserError, match=r"has no manifest.json: give the folder that"):
        load(Request(dir=str(tmp_path)))


def test_another_shape_or_source_is_refused(run, output, capsys):
    assert run() == 0
    with pytest.raises(UserError, match=r"images \(8, 6, 3\), asked for as \(8, 8, 3\).*--image_shape=8,8,3"):
        load(Request(dir=str(output), image_shape=(8, 8, 3)))
    before = contents(output)
    assert run("--image_shape=4,4,1") == 2
    assert "image_shape is [8, 6, 3] there and [4, 4, 1] here" in capsys.readouterr().err
    assert run(dataset="folder(test_fraction=0.5)") == 2
    assert "holds other prepared images (source is" in capsys.readouterr().err
    assert contents(output) == before


def test_other_image_files_are_refused(run, output, pictures, encode, capsys):
    assert run() == 0
    (pictures / "train" / "cat" / "00.png").write_bytes(encode(np.zeros((8, 6, 3), np.uint8)))
    assert run() == 2
    assert "made from other image files" in capsys.readouterr().err


def test_labels_that_are_gone(run, output):
    assert run() == 0
    (output / "train-labels.npy").unlink()
    with pytest.raises(UserError, match=r"train-labels.npy is missing: run the same"):
        load(Request(dir=str(output)))


def test_damaged_image_is_named_and_the_rest_kept(run, output, pictures, capsys):
    (pictures / "train" / "dog" / "21.png").write_bytes(b"?")
    assert run() == 2
    assert "21.png cannot be read as an image" in capsys.readouterr().err
    assert not (output / "manifest.json").exists()


def test_floats_are_refused(tmp_path, output, capsys):
    np.save(tmp_path / "floats.npy", np.zeros((20, 4, 4), np.float32))
    flags = [f"--data_dir={tmp_path / 'floats.npy'}", f"--output={output}"]
    assert prepare.run(["prepare", "--dataset=arrays", *flags]) == 2
    assert "these images are float32: only 8-bit images can be prepared" in capsys.readouterr().err


def test_every_fault_of_the_command_line_at_once(capsys):
    assert prepare.run(["prepare", "--dataset=foldr", "--image_shape=64,64", "--colour=1"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    for words in (
        "no flag --colour",
        "--output is missing",
        "did you mean 'folder'",
        "--image_shape: received '64,64'",
    ):
        assert any(words in line for line in lines)


def test_help(capsys):
    assert prepare.run(["prepare", "--help"]) == 0
    assert "--on_bad_file" in capsys.readouterr().out
