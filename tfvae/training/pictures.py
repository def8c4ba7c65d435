"""Pictures of how a model learns: the same originals and the same noise every time."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from tfvae import plotting
from tfvae.training.averages import averaged_weights

SEED = 0  # of the fixed noise: alike for every run, so that runs can be compared


class Pictures(keras.callbacks.Callback):
    """Writes `<kind>/NNNN.png` for each of the model's kinds every so many epochs, and at the last.

    Args:
        folder: where to.
        originals: images to reconstruct, (N, H, W, C) in [0, 1]; as many are generated.
        every: epochs between pictures.
        epochs: the number of the last epoch.
    """

    def __init__(self, folder: Path, originals: np.ndarray, every: int, epochs: int) -> None:
        super().__init__()
        self.folder = folder
        self.originals = originals
        self.every = every
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Writes the pictures of this epoch if it is its turn."""
        number = epoch + 1
        if not due(number, self.every, self.epochs, self.model):
            return
        with averaged_weights(self.model):
            drawn = {kind: KINDS[kind](self.model, self.originals) for kind in kinds_of(self.model)}
        for kind, picture in drawn.items():
            plotting.save_image(self.folder / kind / f"{number:04d}.png", picture)


def generations(model: Any, originals: np.ndarray) -> np.ndarray:
    """As many images as there are originals, from the prior, with the same noise every time."""
    return plotting.grid(np.asarray(model.sample(len(originals), seed=SEED)))


def reconstructions(model: Any, originals: np.ndarray) -> np.ndarray:
    """Originals (N, H, W, C), each with its reconstruction."""
    return plotting.pairs(originals, np.asarray(model.reconstruct(originals)))


KINDS = {"generations": generations, "reconstructions": reconstructions}


def kinds_of(model: Any) -> list[str]:
    """The kinds of pictures that have a meaning for `model`."""
    return [kind for kind in KINDS if model.has_prior or kind != "generations"]


def due(number: int, every: int, epochs: int, model: keras.Model) -> bool:
    """Whether epoch `number` is one to look at: one in `every`, and the last, be it that the run stops early."""
    return number % every == 0 or number == epochs or model.stop_training


def animate(folder: Path, kind: str, path: Path) -> None:
    """Writes the GIF of one kind over the epochs, holding the last frame."""
    frames = [np.asarray(Image.open(file)) for file in numbered(folder / kind)]
    plotting.save_gif(path, [*frames, *[frames[-1]] * 4], milliseconds=250)


def numbered(folder: Path) -> Sequence[Path]:
    """The pictures of a folder by their epoch."""
    return sorted(
        (path for path in folder.glob("*.png") if re.fullmatch(r"\d+", path.stem)), key=lambda path: int(path.stem)
    )
