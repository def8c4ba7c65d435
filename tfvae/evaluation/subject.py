"""What one evaluation is of: a run's model, the images, and what was asked for. No TensorFlow until it is needed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfvae import configuration
from tfvae.configuration import Config
from tfvae.datasets.base import Source
from tfvae.evaluation.functions import Functions
from tfvae.files import load_arrays
from tfvae.models import MODELS
from tfvae.posteriors import POSTERIORS
from tfvae.progress import track
from tfvae.run_folder import Run

BATCH = 256


@dataclass(frozen=True)
class ImageSet:
    """Images of one kind, and how a model sees them.

    Attributes:
        name: for the protocol: "test", "train", "fashion_mnist test", ….
        source: the images.
        pixels: what the pipeline makes of them for the model; an entry of `tfvae.datasets.pipeline.PIXELS`.
        seed: of its noise.
    """

    name: str
    source: Source
    pixels: str
    seed: int

    @property
    def num_images(self) -> int:
        """N."""
        return self.source.num_images

    def seen(self, label: str = "", size: int = BATCH) -> Iterator[np.ndarray]:
        """Batches (B, H, W, C) float32 as the model sees them, with the same noise every time; a bar if `label`."""
        from tfvae.evaluation import batches  # TensorFlow: an answer from the cache needs none

        found = batches.seen(self.source, size, self.seed, self.pixels)
        return track(found, label, -(-self.num_images // size)) if label else found

    def plain(self, label: str = "", size: int = BATCH) -> Iterator[np.ndarray]:
        """Batches (B, H, W, C) float32 in [0, 1] of the images themselves, without noise or binarisation."""
        starts: Any = range(0, self.num_images, size)
        for start in track(starts, label) if label else starts:
            yield self.take(np.arange(start, min(start + size, self.num_images)))

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The images themselves at n indices, (n, H, W, C) float32 in [0, 1]."""
        return as_unit(self.source.images(indices))

    def first(self, num_images: int) -> "ImageSet":
        """A random part of so many images, the same every time; all of them if there are fewer."""
        if num_images >= self.num_images:
            return self
        if num_images not in self._parts:
            part = self.source.part(num_images, self.seed)
            self._parts[num_images] = ImageSet(self.name, part, self.pixels, self.seed)
        return self._parts[num_images]

    @cached_property
    def _parts(self) -> dict[int, "ImageSet"]:
        """By size: several sections ask for the same part, and its hash is to be computed once."""
        return {}

    def protocol(self) -> dict[str, Any]:
        """What a reader must know of the images."""
        return {
            "images": self.name,
            "num_images": self.num_images,
            "image_shape": list(self.source.image_shape),
            "pixels": self.pixels,
            "images_hash": self.digest,
        }

    @cached_property
    def digest(self) -> str:
        """Of the images, in short."""
        return self.source.digest()[:16]

    @cached_property
    def labels_digest(self) -> str:
        """Of the labels, in short."""
        labels = np.ascontiguousarray(self.source.labels, np.int64)
        named = f"{labels.shape} {self.source.label_names}".encode()
        return hashlib.sha256(named + labels.tobytes()).hexdigest()[:16]


def as_unit(images: np.ndarray) -> np.ndarray:
    """Images as float32 in [0, 1]: 8-bit ones divided by 255, others as they are."""
    return np.divide(images, 255, dtype=np.float32) if images.dtype == np.uint8 else images


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes:
        samples: K of the importance sampling.
        num_images: most images to measure on; 0: all.
        seed: of everything random.
        extractor: what features of images are taken with: an entry of `tfvae.evaluation.extractors.EXTRACTORS` with
            options, written as a call, or the path of a SavedModel or a .keras file.
        fit_extractor: whether a classifier that is not in the cache may be fitted.
        write_png: whether samples and reference images are written as PNG files too.
    """

    samples: int = 500
    num_images: int = 0
    seed: int = 0
    extractor: str = "random"
    fit_extractor: bool = False
    write_png: bool = False


@dataclass(frozen=True)
class Subject:
    """A trained run and the images that it is measured on.

    Attributes:
        name: of the run.
        run: its folder.
        config: its configuration.
        images: measured on: the test split, or what `--images` names.
        training: the images it was trained on.
        outliers: test images of other data sets, in the run's shape, for anomaly detection.
        options: what was asked for.
    """

    name: str
    run: Run
    config: Config
    images: ImageSet
    training: ImageSet
    outliers: tuple[ImageSet, ...]
    options: Options

    @cached_property
    def functions(self) -> Functions:
        """The model with its best weights; built at the first use."""
        from tfvae.evaluation import restored  # TensorFlow: as above

        return restored.restore(self.run, self.config)

    @property
    def bounded_posterior(self) -> str:
        """The name of the family of q(z|x), if that never draws what lies outside some bounds; else ""."""
        name = self.config.model.posterior.name
        return name if POSTERIORS.constant(name, "bounded", False) else ""

    @property
    def in_two_parts(self) -> bool:
        """Whether q(z|x) is a point at codes that have a prior."""
        family = self.config.model.family.name
        return MODELS.constant(family, "quantized", False) and MODELS.constant(family, "has_prior", True)

    @cached_property
    def weights_hash(self) -> str:
        """Of all weights of the model, by name, and of the structure that they belong to; in short."""
        structure = configuration.to_json(self.config)["model"]
        found = hashlib.sha256(json.dumps([structure, self.config.data.image_shape], sort_keys=True).encode())
        arrays = load_arrays(self.run.checkpoints / "best.npz")
        if self.run.fitted_prior.exists():
            arrays |= {f"prior/{name}": array for name, array in load_arrays(self.run.fitted_prior).items()}
        for name, array in sorted(arrays.items()):
            found.update(f"{name} {array.dtype} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()[:16]
