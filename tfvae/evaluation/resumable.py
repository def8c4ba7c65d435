"""Numbers for each image that an interruption does not lose."""

import time
from pathlib import Path

import numpy as np

from tfvae.files import load_arrays, save_arrays

_SECONDS_BETWEEN_SAVES = 30.0


class Resumable:
    """Arrays (N,) float32 that grow in the order of the images: a context, saved now and then and at its end.

    Args:
        path: of the npz; read if it is there.
        names: of the arrays.
        size: N.

    Attributes:
        arrays: by name; complete when `done` is N.
        done: images there are values of.
    """

    def __init__(self, path: Path, names: tuple[str, ...], size: int) -> None:
        self.path = path
        self.arrays = {name: np.empty(size, np.float32) for name in names}
        self.done = 0
        self._saved_at = time.monotonic()
        self._read(path)

    def _read(self, path: Path) -> None:
        try:
            found = load_arrays(path)
        except (OSError, ValueError):
            return  # there is none, or a damaged one: begin at the first image
        if set(found) == set(self.arrays):
            self.done = len(next(iter(found.values())))
            for name, values in found.items():
                self.arrays[name][: self.done] = values

    def __enter__(self) -> "Resumable":
        return self

    def __exit__(self, *_: object) -> None:
        """Saves what there is, whatever ended the block."""
        self._save()

    def append(self, **values: np.ndarray) -> None:
        """Takes in the values of the next images, (B,) each."""
        size = len(next(iter(values.values())))
        for name, found in values.items():
            self.arrays[name][self.done : self.done + size] = found
        self.done += size
        if time.monotonic() - self._saved_at > _SECONDS_BETWEEN_SAVES:
            self._save()

    def _save(self) -> None:
        save_arrays(self.path, {name: array[: self.done] for name, array in self.arrays.items()})
        self._saved_at = time.monotonic()
