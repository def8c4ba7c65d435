"""Writing images as shards: every file whole or not at all, and the same bytes however often it was interrupted."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files
from tfvae.datasets import manifest
from tfvae.datasets.base import Source, Splits
from tfvae.datasets.manifest import File, Manifest, Part
from tfvae.datasets.progress_notes import ProgressNotes
from tfvae.errors import UserError

SHARD_BYTES = 2**26  # of pixels, at most; but one image at least
_AT_ONCE = 128  # images that a thread decodes before it takes more
_THREADS = 2
_PACKAGES = ("tfvae", "tensorflow", "pillow", "numpy")


def prepare(
    folder: Path,
    found: Splits,
    source: dict[str, Any],
    track: Callable[[range], Iterator[int]],
) -> Manifest:
    """Writes all splits to `folder`, and the manifest last. What an earlier call has finished is checked, and kept.

    Args:
        folder: made if need be.
        found: uint8 images.
        source: `dataset`, `options` and whatever else says what the images are.
        track: gives the numbers of a range one by one, and shows how far it is: one is taken for each file.

    Raises:
        UserError: the folder holds other images; an image file cannot be read; the images are no 8-bit ones.
    """
    splits = {"train": found.train, "validation": found.validation, "test": found.test}
    splits = {name: split for name, split in splits.items() if split is not None}
    shape, kind = found.train.image_shape, found.train.dtype
    if kind != np.uint8:
        raise UserError(f"these images are {kind}: only 8-bit images can be prepared; train on them as they are")
    source = {**source, "bad_files": list(found.bad_files)}
    each = max(1, SHARD_BYTES // int(np.prod(shape)))
    digests = {name: split.digest() for name, split in splits.items()}
    files.remove_leftovers(folder)
    notes = ProgressNotes(folder, manifest.identity(source, shape, each, digests))
    shards = {name: _shards(name, split.num_images, each) for name, split in splits.items()}
    done = iter(track(range(sum(map(len, shards.values())))))
    parts = {}
    for name, split in splits.items():
        made = [_shard(folder, notes, split, *shard, done) for shard in shards[name]]
        parts[name] = Part(split.num_images, digests[name], tuple(made), _labels(folder, name, split.labels))
    written = Manifest(source, shape, each, found.train.label_names, parts, found.notes, _versions())
    manifest.write(folder, written)
    notes.remove()
    return written


def verify(folder: Path) -> Manifest:
    """Compares every file of a folder of prepared images with its checksum.

    Raises:
        UserError: a file is missing, or not what was written; all that are so are named.
    """
    found = manifest.read(folder)
    every = [file for part in found.parts.values() for file in part.files]
    bad = [file.name for file in every if not _is_whole(folder, file)]
    if bad:
        raise UserError(
            f"{folder}: {', '.join(bad)} {'is' if len(bad) == 1 else 'are'} missing or not as written: "
            f"{manifest.AGAIN}, which writes them anew"
        )
    return found


def _is_whole(folder: Path, file: File) -> bool:
    return (folder / file.name).is_file() and manifest.sha256(folder / file.name) == file.sha256


def _shards(split: str, images: int, each: int) -> list[tuple[str, range]]:
    """The names of the files, and which images are in them."""
    count = -(-images // each)
    return [
        (f"{split}-{number:05d}-of-{count:05d}.tfrecord", range(number * each, min((number + 1) * each, images)))
        for number in range(count)
    ]


def _shard(folder: Path, notes: ProgressNotes, source: Source, name: str, rows: range, done: Iterator[int]) -> File:
    next(done, None)
    known = notes.finished.get(name)
    if known is not None and _is_whole(folder, known):
        return known
    with files.atomic(folder / name) as temporary:
        _write_records(temporary, source, rows)
        made = File(name, len(rows), manifest.sha256(temporary))
    notes.add(made)
    return made


def _write_records(path: Path, source: Source, rows: range) -> None:
    import tensorflow as tf  # when the first image is written: to see --help takes no TensorFlow

    with tf.io.TFRecordWriter(str(path)) as writer, ThreadPoolExecutor(_THREADS) as pool:
        blocks = [rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE)]
        for image in itertools.chain.from_iterable(pool.map(source.images, blocks)):
            writer.write(image.tobytes())


def _labels(folder: Path, split: str, labels: np.ndarray | None) -> File | None:
    if labels is None:
        return None
    path = folder / f"{split}-labels.npy"
    with files.atomic(path) as temporary:
        np.save(temporary, labels)
    return File(path.name, len(labels), manifest.sha256(path))


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # a clone that was not installed
            found[package] = "not installed"
    return found
