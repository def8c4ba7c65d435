"""Where files lie: a folder, or a zip read in place. Safe to read from several threads."""

import os
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tfvae.errors import UserError

_CHUNK = 1 << 16  # bytes read at once; most images are smaller
_HEADER = 30  # bytes of an entry of a zip, before its name
_PIECE = 4096  # bytes


class Container(ABC):
    """Named bytes.

    Args:
        path: the folder or the archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def names(self) -> list[str]:
        """Sorted names of the files, relative and with /, without hidden ones and those macOS adds."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            OSError, ValueError, zlib.error: it cannot be read, or is damaged.
        """


def open_container(path: Path) -> Container:
    """The folder, or the zip, at `path`.

    Raises:
        UserError: it is neither.
    """
    if path.is_dir():
        return Folder(path)
    if zipfile.is_zipfile(path):
        return Zip(path)
    raise UserError(f"{path} is neither a folder nor a zip that can be read: give a folder or a .zip of images")


def _is_visible(name: str) -> bool:
    return not any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


class Folder(Container):
    """All files below a folder."""

    def names(self) -> list[str]:
        """See `Container.names`."""
        found = []
        for folder, _, files in os.walk(self.path):
            relative = Path(folder).relative_to(self.path)
            found += [(relative / file).as_posix() for file in files]
        return sorted(filter(_is_visible, found))

    def read(self, name: str) -> bytes:
        """See `Container.read`."""
        file = _open(f"{self.path}/{name}")
        try:
            parts = [os.read(file, _CHUNK)]
            while len(parts[-1]) == _CHUNK:
                parts.append(os.read(file, _CHUNK))
        finally:
            os.close(file)
        return b"".join(parts)


def _open(path: str) -> int:
    """A descriptor, for reading.

    Python's own files make twice as many calls to the system. Each lets another thread take over Python, and threads
    that decode would wait for one another: with these calls two of them read and decode a third more images.
    """
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def _checksum(data: bytes) -> int:
    """In pieces so small that no other thread takes over meanwhile: see `_open`."""
    found = 0
    for first in range(0, len(data), _PIECE):
        found = zlib.crc32(data[first : first + _PIECE], found)
    return found


class _Entry(NamedTuple):
    header_offset: int
    named: int  # bytes of its name and extra field, likely
    size: int  # bytes in the archive
    method: int
    checksum: int


class Zip(Container):
    """All files of a zip, stored or deflated.

    `zipfile` locks the archive while one thread reads. Here only its directory comes from `zipfile`, and every
    read opens the archive anew: some microseconds, no lock, and no handle to keep.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._name = str(path)
        with zipfile.ZipFile(path) as archive:
            self._entries = {
                info.filename: _entry(path, info)
                for info in archive.infolist()
                if not info.is_dir() and _is_visible(info.filename)
            }

    def names(self) -> list[str]:
        """See `Container.names`."""
        return sorted(self._entries)

    def read(self, name: str) -> bytes:
        """See `Container.read`."""
        entry = self._entries[name]
        archive = _open(self._name)
        try:
            os.lseek(archive, entry.header_offset, os.SEEK_SET)
            found = os.read(archive, _HEADER + entry.named + entry.size)
            if len(found) < _HEADER or found[:4] != b"PK\3\4":
                raise ValueError("the archive has no entry where its directory says")
            # The lengths of name and extra field here may differ from those in the directory at the end.
            first = _HEADER + sum(struct.unpack_from("<HH", found, _HEADER - 4))
            data = found[first : first + entry.size]
            data += os.read(archive, entry.size - len(data)) if len(data) < entry.size else b""
        finally:
            os.close(archive)
        if entry.method == zipfile.ZIP_DEFLATED:
            data = zlib.decompress(data, -zlib.MAX_WBITS)
        if _checksum(data) != entry.checksum:
            raise ValueError("its bytes do not have the checksum stored in the archive")
        return data


def _entry(path: Path, info: zipfile.ZipInfo) -> _Entry:
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(
            f"{path} holds {info.filename} encrypted or in a rare compression: pack it again as an ordinary zip "
            "(stored or deflated), or unpack it and give the folder"
        )
    named = len(info.filename.encode()) + len(info.extra)
    return _Entry(info.header_offset, named, info.compress_size, info.compress_type, info.CRC)
