import numpy as np
import pytest

from tfvae.evaluation import resumable
from tfvae.evaluation.resumable import Resumable


def test_an_interruption_loses_nothing_that_was_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(resumable, "_SECONDS_BETWEEN_SAVES", -1.0)
    path = tmp_path / "numbers.npz"
    state = Resumable(path, ("a", "b"), 6)
    assert state.done == 0
    state.append(a=np.arange(2), b=np.arange(2) * 10)
    state.append(a=np.arange(2, 4), b=np.arange(2, 4) * 10)
    again = Resumable(path, ("a", "b"), 6)  # the first is never finished
    assert again.done == 4
    with again:
        again.append(a=np.arange(4, 6), b=np.arange(4, 6) * 10)
    found = again.arrays
    np.testing.assert_array_equal(found["a"], np.arange(6))
    np.testing.assert_array_equal(found["b"], np.arange(6) * 10)
    np.testing.assert_array_equal(np.load(path)["b"], found["b"])


def test_saves_are_not_made_at_every_step(tmp_path):
    state = Resumable(tmp_path / "numbers.npz", ("a",), 4)
    state.append(a=np.zeros(2))
    assert not (tmp_path / "numbers.npz").exists()
    with pytest.raises(KeyError):
        state.append(other=np.zeros(2))


def test_whatever_ends_the_block_saves(tmp_path):
    path = tmp_path / "numbers.npz"

    def interrupted():
        with Resumable(path, ("a",), 4) as state:
            state.append(a=np.arange(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Resumable(path, ("a",), 4).done == 3


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_begun_anew(tmp_path, content):
    (tmp_path / "numbers.npz").write_bytes(content)
    assert Resumable(tmp_path / "numbers.npz", ("a",), 4).done == 0


def test_a_file_of_other_numbers_is_begun_anew(tmp_path):
    with Resumable(tmp_path / "numbers.npz", ("other",), 4) as state:
        state.append(other=np.arange(3))
    assert Resumable(tmp_path / "numbers.npz", ("a",), 4).done == 0
