"""What is read is what was written, whatever its size and however it lies in the archive."""

import zipfile

import pytest

from tfvae.datasets import containers
from tfvae.datasets.containers import open_container


@pytest.mark.parametrize("kind", ["folder", "stored", "deflated"])
def test_every_size(kind, rng, write_tree):
    chunk, piece = containers._CHUNK, containers._PIECE
    sizes = [0, 1, piece - 1, piece, piece + 1, chunk - 1, chunk, chunk + 1, 3 * chunk + 7]
    files = {f"a/{size}.bin": rng.bytes(size) for size in sizes}
    container = open_container(write_tree(files, kind))
    assert container.names() == sorted(files)
    assert {name: container.read(name) for name in files} == files


def test_extra_field_of_the_entry_alone(tmp_path, rng):
    """The directory at the end says nothing of it."""
    data = rng.bytes(5000)
    path = tmp_path / "extra.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a.bin", "w", force_zip64=True) as file:
        file.write(data)
    assert open_container(path).read("a.bin") == data


def test_archive_that_was_cut_short_since(tmp_path, rng):
    path = tmp_path / "short.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.bin", rng.bytes(5000))
    container = open_container(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match="do not have the checksum"):
        container.read("a.bin")
