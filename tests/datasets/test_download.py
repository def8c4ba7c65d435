"""Only what has the pinned checksum is ever used, and a failure leaves nothing behind."""

import hashlib
import urllib.error

import pytest

from tfvae.datasets.base import Request
from tfvae.datasets.download import Download, DownloadError, fetch
from tfvae.datasets.files import DataFiles
from tfvae.errors import UserError


@pytest.fixture
def published(tmp_path) -> Download:
    path = tmp_path / "web" / "data.bin"
    path.parent.mkdir()
    path.write_bytes(b"pixels")
    return Download(path.as_uri(), hashlib.sha256(b"pixels").hexdigest())


def test_verified_file_appears_under_its_name(published, tmp_path):
    path = fetch(published, tmp_path / "cache" / "mnist")
    assert path.read_bytes() == b"pixels"
    assert [found.name for found in path.parent.iterdir()] == ["data.bin"]


def test_file_already_there_is_not_fetched_again(published, tmp_path, monkeypatch):
    fetch(published, tmp_path / "cache")
    monkeypatch.setattr("urllib.request.urlopen", None)
    assert fetch(published, tmp_path / "cache").read_bytes() == b"pixels"


def test_wrong_checksum_leaves_nothing_behind(published, tmp_path):
    with pytest.raises(DownloadError, match=f"has SHA-256 {published.sha256}, not the expected 0000"):
        fetch(Download(published.url, "0" * 64), tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_broken_transfer_leaves_nothing_behind(published, tmp_path, monkeypatch):
    class Broken:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def read(self, size):
            raise urllib.error.URLError("the line went dead")

    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: Broken())
    with pytest.raises(DownloadError, match=r"data.bin: .*the line went dead"):
        fetch(published, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("is_right", [True, False])
def test_download_is_the_last_resort(published, tmp_path, monkeypatch, is_right):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("TFVAE_DATA_DIR", raising=False)
    download = published if is_right else Download(published.url, "0" * 64)
    files = DataFiles("toy", "data.bin", ("toy",), "Make it.", (download,))

    def look(place):
        path = place.path / "data.bin"
        return path.read_bytes() if path.exists() else None

    if is_right:
        assert files.find(Request(), look) == b"pixels"
        assert (tmp_path / "keras" / "datasets" / "toy" / "data.bin").exists()
    else:
        with pytest.raises(UserError, match=r"toy data were not found.*download failed.*not the expected.*Make it"):
            files.find(Request(), look)
