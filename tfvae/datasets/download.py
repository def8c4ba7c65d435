"""Downloads whose content is pinned: what does not have the expected SHA-256 is never used."""

import hashlib
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

_TIMEOUT = 10  # seconds without an answer; a machine without internet should say so soon
_CHUNK = 1 << 20  # bytes


class DownloadError(Exception):
    """A file could not be had, or is not the expected one. The message says which, and why."""


@dataclass(frozen=True)
class Download:
    """A file on the web.

    Attributes:
        url: where it is; its last part is the file's name.
        sha256: what its bytes must hash to.
    """

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rsplit("/", 1)[1]


def fetch(download: Download, folder: Path) -> Path:
    """Downloads a file to `folder` under its name, unless it is there already.

    The file appears whole and verified or not at all: nothing is left behind by a failure.

    Raises:
        DownloadError: no connection, a full disk, or a wrong checksum.
    """
    target = folder / download.name
    if target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
            part = Path(scratch) / download.name
            _check(download, _transfer(download.url, part))
            os.replace(part, target)
    except (OSError, HTTPException) as error:
        raise DownloadError(f"{download.url}: {error}") from error
    return target


def _transfer(url: str, path: Path) -> str:
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, path.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _check(download: Download, received: str) -> None:
    if received != download.sha256:
        raise DownloadError(
            f"{download.url} has SHA-256 {received}, not the expected {download.sha256}: it was thrown away"
        )
