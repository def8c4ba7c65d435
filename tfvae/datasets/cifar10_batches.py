"""The binary version of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html): six files, in a folder or a .tar.gz.

A file is a row of records of 3,073 bytes: a label 0 to 9, then 1,024 red, 1,024 green and 1,024 blue values, each
plane row by row. The official files hold 10,000 records each.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from tfvae.errors import UserError

ARCHIVE = "cifar-10-binary.tar.gz"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (32, 32, 3)

_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST = "test_batch.bin"
_CLASS_LIST = "batches.meta.txt"
_RECORD = 1 + 32 * 32 * 3  # bytes
_CHUNK = 1 << 20  # bytes


def holds_batches(path: Path) -> bool:
    """Whether `path` is a file, or a folder with at least one of the six."""
    return path.is_file() or any((path / name).is_file() for name in (*_TRAIN, _TEST))


def read_batches(path: Path) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The training and the test images, uint8 (N, 32, 32, 3), each with its labels, int64 (N,).

    Args:
        path: the folder with the six files, or the archive, which is read in place.

    Raises:
        UserError: a file is missing, damaged, or not CIFAR-10's.
    """
    rows: dict[str, np.ndarray] = {}
    try:
        for name, data in _archived(path) if path.is_file() else _unpacked(path):
            if name == _CLASS_LIST:
                _check_classes(path / name, data)
            else:
                rows[name] = _rows(path / name, data)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise UserError(f"{path} cannot be read ({error}): get {ARCHIVE} anew") from error
    missing = [name for name in (*_TRAIN, _TEST) if name not in rows]
    if missing:
        raise UserError(
            f"{path} lacks {', '.join(missing)}: expected the six files of the binary version of CIFAR-10 (the "
            f"Python and Matlab versions have others); get {ARCHIVE} anew"
        )
    return _images([rows[name] for name in _TRAIN]), _images([rows[_TEST]])


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    for name in (*_TRAIN, _TEST, _CLASS_LIST):
        if (path / name).is_file():
            yield name, (path / name).read_bytes()


def _archived(path: Path) -> Iterator[tuple[str, bytes]]:
    with gzip.open(path) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                file = archive.extractfile(member) if name in (*_TRAIN, _TEST, _CLASS_LIST) else None
                if file is not None:  # it is for a folder
                    yield name, file.read()
        while stream.read(_CHUNK):  # the checksum is compared at the end, which a tar's reader need not reach
            pass


def _check_classes(path: Path, data: bytes) -> None:
    found = tuple(data.decode("ascii", "replace").split())
    if found != CLASSES:
        raise UserError(
            f"{path} lists the classes {', '.join(found) or 'none'}: expected those of CIFAR-10, {', '.join(CLASSES)}"
        )


def _rows(path: Path, data: bytes) -> np.ndarray:
    """The records (N, 3073) of a file."""
    if not data or len(data) % _RECORD:
        raise UserError(
            f"{path} has {len(data):,} bytes: expected a multiple of {_RECORD:,}, and {10_000 * _RECORD:,} in the "
            f"official file; get {ARCHIVE} anew"
        )
    rows = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    if rows[:, 0].max() >= len(CLASSES):
        raise UserError(
            f"{path} has a label {rows[:, 0].max()}: expected 0 to 9, so the file is damaged or of another data set; "
            f"get {ARCHIVE} anew"
        )
    return rows


def _images(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    height, width, channels = SHAPE
    labels = np.concatenate([rows[:, 0] for rows in parts])
    planes = [rows[:, 1:].reshape(-1, channels, height, width).transpose(0, 2, 3, 1) for rows in parts]
    images = np.empty((len(labels), *SHAPE), np.uint8)  # else numpy keeps the planes apart, and one more copy is due
    return np.concatenate(planes, out=images), labels.astype(np.int64)
