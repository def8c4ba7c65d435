"""What every data set takes (`Request`) and gives (`Splits` of `Source`s)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from tfvae.errors import UserError


@dataclass(frozen=True)
class Request:
    """What is asked of a data set.

    Attributes:
        dir: the folder (or, where a data set says so, the file) to look in first.
        image_shape: (height, width, channels) to deliver, channels 1 or 3; () for the data's own.
        validation: images to cut from the training split where the data set has no validation split of its own;
            0 for none.
        seed: the run's seed. No split depends on it, else the test numbers of two seeds could not be compared.
        on_bad_file: "raise" stops with the name of a file that cannot be decoded, when it is read; "skip" decodes
            every file once at the start, leaves such files out and lists them.

    Raises:
        UserError: a value is outside what is said above, or `dir` does not exist.
    """

    dir: str = ""
    image_shape: tuple[int, ...] = ()
    validation: int = 0
    seed: int = 0
    on_bad_file: str = "raise"

    def __post_init__(self) -> None:
        if self.dir and not self.path.exists():
            raise UserError(f"the data folder {self.dir!r} does not exist: give one that does, or leave it out")
        if self.image_shape:
            _check_shape(self.image_shape)
        if self.validation < 0:
            raise UserError(f"got {self.validation} validation images: expected 0 (none) or more")
        if self.on_bad_file not in ("raise", "skip"):
            raise UserError(f"on_bad_file is {self.on_bad_file!r}: expected 'raise' or 'skip'")

    @property
    def path(self) -> Path:
        """`dir` as a path, with ~ expanded."""
        return Path(self.dir).expanduser()


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 3 or min(shape) < 1 or shape[2] not in (1, 3):
        raise UserError(
            f"image_shape is {tuple(shape)}: expected (height, width, channels) with 1 (grey) or 3 (colour) "
            "channels, or () for the data's own"
        )


class Source(ABC):
    """Images of one split, read by index. Safe to read from several threads.

    Args:
        image_shape: (H, W, C) of every image.
        dtype: uint8 (values 0 to 255), or float32 (values in [0,1]).
        labels: (N,) class numbers or (N, K) attributes of 0 and 1; None without labels.
        label_names: what the class numbers, or the K attributes, are called; () if unknown.
    """

    def __init__(
        self,
        image_shape: tuple[int, ...],
        dtype: np.dtype,
        labels: np.ndarray | None = None,
        label_names: tuple[str, ...] = (),
    ) -> None:
        height, width, channels = image_shape
        self.image_shape: tuple[int, int, int] = (int(height), int(width), int(channels))
        self.dtype = dtype
        self.labels = labels
        self.label_names = label_names

    @property
    @abstractmethod
    def num_images(self) -> int:
        """Number of images N."""

    @abstractmethod
    def images(self, indices: ArrayLike) -> np.ndarray:
        """Images (n, H, W, C) of `dtype` at n indices in [0, N), in that order.

        Raises:
            UserError: a file cannot be decoded; the message names it.
        """

    @abstractmethod
    def subset(self, indices: ArrayLike) -> Self:
        """The source of the images at n distinct indices, in that order, with their labels. Copies no pixels."""

    def part(self, num_images: int, seed: int) -> Self:
        """So many images, chosen by the seed and in the order of the source; all of them if there are fewer."""
        if num_images >= self.num_images:
            return self
        return self.subset(np.sort(np.random.default_rng(seed).permutation(self.num_images)[:num_images]))

    @abstractmethod
    def digest(self) -> str:
        """A hash, in hexadecimal, of all that decides the images: the same for the same images on every machine."""

    def __len__(self) -> int:
        return self.num_images


@dataclass(frozen=True)
class Splits:
    """The disjoint parts of a data set. The test split is never trained on and chooses nothing.

    Attributes:
        train: what is trained on.
        validation: the data set's own validation split, or one cut from the training split; None without either.
        test: None if the data set has none.
        notes: sentences for the run's report: what was found, what was left out.
        bad_files: files left out because they cannot be decoded (`on_bad_file="skip"`).
    """

    train: Source
    validation: Source | None
    test: Source | None
    notes: tuple[str, ...] = ()
    bad_files: tuple[str, ...] = ()
