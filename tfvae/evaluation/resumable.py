"""Numbers for each image that an interruption does not lose."""

import time
from pathlib import Path

import numpy as np

from tfvae.files import load_arrays, save_arrays

_SECONDS_BETWEEN_SAVES = 30.0


class Resumable:
    """Arrays (N,) float32 that grow in the order of the images, saved now and then and when complete.

    Args:
        path: of the npz; read if it is there.
        names: of the arrays.
        size: N.
    """

    def __init__(self, path: Path, names: tuple[str, ...], size: int) -> None:
        self.path = path
        self._arrays = {name: np.empty(size, np.float32) for name in names}
        self.done = 0
        self._saved_at = time.monotonic()
        if path.exists():
            for name, found in load_arrays(path).items():
                self._arrays[name][: len(found)] = found
                self.done = len(found)

    def append(self, **values: np.ndarray) -> None:
        """Takes in the values of the next images, (B,) each."""
        size = len(next(iter(values.values())))
        for name, found in values.items():
            self._arrays[name][self.done : self.done + size] = found
        self.done += size
        if time.monotonic() - self._saved_at > _SECONDS_BETWEEN_SAVES:
            self._save()

    def finished(self) -> dict[str, np.ndarray]:
        """All arrays, once they are complete."""
        self._save()
        return self._arrays

    def _save(self) -> None:
        save_arrays(self.path, {name: array[: self.done] for name, array in self._arrays.items()})
        self._saved_at = time.monotonic()
