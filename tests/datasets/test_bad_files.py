"""A damaged file is named, or left out and listed."""

import numpy as np
import pytest

from tfvae.datasets.base import Request
from tfvae.datasets.folder import load
from tfvae.errors import UserError


@pytest.fixture
def good(rng, encode) -> list[bytes]:
    return [encode(rng.integers(0, 256, (16, 16, 3), np.uint8), "JPEG") for _ in range(8)]


SPOILED = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "text": lambda data: b"<html>404</html>",
    "other format": lambda data: b"II*\0" + data[4:],
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("kind", ["folder", "stored"])
def test_named_when_read_and_not_before(spoil, kind, good, write_tree):
    files = {f"{i}.jpg": data for i, data in enumerate([*good, spoil(good[0])])}
    path = write_tree(files, kind)
    source = load(Request(dir=str(path)), test_fraction=0.0).train
    assert source.images(range(8)).shape == (8, 16, 16, 3)
    with pytest.raises(UserError, match=r"8\.jpg cannot be read as an image .* set on_bad_file to 'skip'"):
        source.images([8])


@pytest.mark.parametrize("kind", ["folder", "stored", "deflated"])
def test_skipped_and_listed(kind, good, write_tree):
    files = {f"{i}.jpg": data for i, data in enumerate(good)}
    files |= {"0.jpg": b"", "3.jpg": good[3][:99], "6.jpg": b"?"}
    request = Request(dir=str(write_tree(files, kind)), on_bad_file="skip")
    splits, again = (load(request, test_fraction=0.25) for _ in range(2))
    assert sorted(splits.bad_files) == ["0.jpg", "3.jpg", "6.jpg"]
    assert len(splits.train) + len(splits.test or ()) == 5
    assert splits.notes == ("left out, as they cannot be decoded: 3 image files",)
    assert (splits.bad_files, splits.train.names) == (again.bad_files, again.train.names)
    assert splits.train.images(range(len(splits.train))).shape[1:] == (16, 16, 3)


def test_first_file_is_named_when_it_gives_the_shape(good, write_tree):
    with pytest.raises(UserError, match=r"0\.jpg cannot be read"):
        load(Request(dir=str(write_tree({"0.jpg": b"", "1.jpg": good[1]}))))


@pytest.mark.parametrize(("shape", "words"), [((), "none of the 2 image files"), ((8, 8, 3), "no image to train on")])
def test_nothing_left(shape, words, write_tree):
    request = Request(dir=str(write_tree({"0.jpg": b"", "1.jpg": b"?"})), on_bad_file="skip", image_shape=shape)
    with pytest.raises(UserError, match=words):
        load(request, test_fraction=0.0)


def test_flipped_byte_in_a_zip_is_noticed(good, write_tree):
    path = write_tree({f"{i}.jpg": data for i, data in enumerate(good)}, "stored")
    data = bytearray(path.read_bytes())
    data[data.index(good[5]) + len(good[5]) - 20] ^= 1
    path.write_bytes(data)
    source = load(Request(dir=str(path)), test_fraction=0.0).train
    with pytest.raises(UserError, match=r"5\.jpg cannot be read as an image \(its bytes do not have the checksum"):
        source.images(range(8))
