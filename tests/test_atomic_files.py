"""Files are there whole or not at all."""

import os

import numpy as np
import pytest

from tfvae import files
from tfvae.errors import UserError


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "whole")

    def interrupted():
        with files.atomic(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_folders_are_made(tmp_path):
    files.write_json(tmp_path / "a" / "b.json", {"σ": 1})
    assert (tmp_path / "a" / "b.json").read_text(encoding="utf-8") == '{\n  "σ": 1\n}\n'


def test_arrays_come_back_by_name(tmp_path):
    arrays = {"network/kernel": np.arange(6.0).reshape(2, 3), "step": np.array(3)}
    files.save_arrays(tmp_path / "a.npz", arrays)
    found = files.load_arrays(tmp_path / "a.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("kept", [0, 50, -50], ids=["empty", "begun", "without its end"])
def test_damaged_arrays_are_named(tmp_path, kept):
    path = tmp_path / "a.npz"
    files.save_arrays(path, {"a": np.arange(100.0)})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"a\.npz is damaged"):
        files.load_arrays(path)


def test_arrays_that_have_been_changed_on_the_disk_are_named(tmp_path):
    path = tmp_path / "a.npz"
    files.save_arrays(path, {"a": np.arange(100.0)})
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.npz is damaged"):
        files.load_arrays(path)
