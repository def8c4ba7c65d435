"""What the folders of a tree of images mean: splits, and classes."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

_SPLITS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class Layout:
    """The meaning of a list of N files.

    Attributes:
        splits: "train", "validation", "test", or None (outside these folders) for each file; None if no folder
            names a split.
        labels: (N,) class number of each file; None unless each lies in one of at least two class folders.
        label_names: the class folders' names, sorted.
    """

    splits: tuple[str | None, ...] | None
    labels: np.ndarray | None
    label_names: tuple[str, ...]


def read_layout(names: list[str]) -> Layout:
    """Reads folders named train, valid (val, validation) and test, at the top or one level below, and classes.

    A lone folder "train" beside others is taken for a class, of vehicles maybe; "test" never is.

    Args:
        names: relative paths with /. Folders that all of them share are passed over.
    """
    paths = _without_shared([PurePosixPath(name).parts for name in names])
    for depth in (0, 1):
        splits = tuple(_SPLITS.get(path[depth].lower()) if len(path) > depth + 1 else None for path in paths)
        found = set(splits) - {None}
        if found and (None not in splits or found != {"train"}):
            return Layout(splits, *_classes([path[:depth] + path[depth + 1 :] for path in paths]))
    return Layout(None, *_classes(paths))


def _without_shared(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    while len({path[0] for path in paths}) == 1 and min(map(len, paths)) > 1 and paths[0][0].lower() not in _SPLITS:
        paths = [path[1:] for path in paths]
    return paths


def _classes(paths: list[tuple[str, ...]]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    names = sorted({path[0] for path in paths})
    if min(map(len, paths)) < 2 or len(names) < 2:
        return None, ()
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[path[0]] for path in paths], np.int64), tuple(names)
