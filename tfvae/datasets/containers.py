"""Where files lie: a folder, or a zip read in place. Safe to read from several threads."""

import os
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tfvae.errors import UserError


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
        return (self.path / name).read_bytes()


class _Entry(NamedTuple):
    header_offset: int
    size: int  # bytes in the archive
    method: int
    checksum: int


class Zip(Container):
    """All files of a zip, stored or deflated.

    `zipfile` locks the archive while one thread reads. Here only its directory comes from `zipfile`, and every
    read opens the archive anew: some microseconds, no lock, and no handle to close.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with zipfile.ZipFile(path) as archive:
            self._entries = {
                info.filename: _Entry(info.header_offset, info.compress_size, _method(path, info), info.CRC)
                for info in archive.infolist()
                if not info.is_dir() and _is_visible(info.filename)
            }

    def names(self) -> list[str]:
        """See `Container.names`."""
        return sorted(self._entries)

    def read(self, name: str) -> bytes:
        """See `Container.read`."""
        entry = self._entries[name]
        with self.path.open("rb", buffering=0) as archive:
            archive.seek(entry.header_offset)
            header = archive.read(30)
            if len(header) < 30 or header[:4] != b"PK\3\4":
                raise ValueError("the archive has no entry where its directory says")
            # The lengths of name and extra field here may differ from those in the directory at the end.
            archive.seek(sum(struct.unpack("<HH", header[26:])), os.SEEK_CUR)
            data = archive.read(entry.size)
        if entry.method == zipfile.ZIP_DEFLATED:
            data = zlib.decompress(data, -zlib.MAX_WBITS)
        if zlib.crc32(data) != entry.checksum:
            raise ValueError("its bytes do not have the checksum stored in the archive")
        return data


def _method(path: Path, info: zipfile.ZipInfo) -> int:
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(
            f"{path} holds {info.filename} encrypted or in a rare compression: pack it again as an ordinary zip "
            "(stored or deflated), or unpack it and give the folder"
        )
    return info.compress_type
