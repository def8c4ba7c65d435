"""Images by torch's DataLoader, decoded by Pillow: what a training script in PyTorch does."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

BOX = (19, 39, 159, 179)  # 140×140 at the face


class Faces(Dataset):
    """JPEG files, cropped to the face and resized with Lanczos: uint8 (3, H, W)."""

    def __init__(self, folder: str, size: int) -> None:
        self._paths = sorted(Path(folder).glob("*.jpg"))
        self._size = (size, size)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> np.ndarray:
        with Image.open(self._paths[index]) as image:
            face = image.crop(BOX).resize(self._size, Image.Resampling.LANCZOS)
        return np.asarray(face).transpose(2, 0, 1)


class Endless(Sampler):
    """Batches of a new order each time round."""

    def __init__(self, size: int, batch_size: int) -> None:
        self._size, self._batch_size = size, batch_size

    def __iter__(self) -> Iterator[list[int]]:
        for seed in itertools.count():
            order = np.random.default_rng(seed).permutation(self._size).tolist()
            for first in range(0, self._size - self._batch_size + 1, self._batch_size):
                yield order[first : first + self._batch_size]


def bytes_together(images: Sequence[np.ndarray]) -> torch.Tensor:
    """uint8 (B, 3, H, W)."""
    return torch.from_numpy(np.stack(images))


def floats_together(images: Sequence[np.ndarray]) -> torch.Tensor:
    """float32 (B, 3, H, W) in [0, 1]."""
    return bytes_together(images).float().div_(255)


class Batches:
    """Batches of float32 in [0, 1] in the consumer's hands; a unit is a batch.

    Args:
        folder: of the JPEG files.
        workers: processes that read.
        floats_by: "worker" makes the floats where the images are decoded; "consumer" where they are used, so that a
            quarter of the bytes goes from process to process.
        batch_size: images a batch.
        size: height and width.
    """

    def __init__(self, folder: str, workers: int, floats_by: str, batch_size: int, size: int) -> None:
        faces = Faces(folder, size)
        self._by_consumer = floats_by == "consumer"
        self._batches = iter(
            DataLoader(
                faces,
                batch_sampler=Endless(len(faces), batch_size),
                num_workers=workers,
                persistent_workers=workers > 0,
                collate_fn=bytes_together if self._by_consumer else floats_together,
            )
        )

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        images = 0
        for batch in itertools.islice(self._batches, amount):
            images += len(batch.float().div_(255) if self._by_consumer else batch)
        return images
