"""The labelled images that an attribute is studied on: found from the run's configuration, without TensorFlow."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from tfvae import configuration, splits
from tfvae.configuration import Config
from tfvae.datasets.base import Source, Splits
from tfvae.datasets.splitting import cut_fraction
from tfvae.errors import UserError, nearest
from tfvae.evaluation.subject import ImageSet
from tfvae.inference.attributes.flags import Asked
from tfvae.models import MODELS
from tfvae.run_folder import Run

_FEWEST = 2  # images with, and as many without, in every part
_JUDGED = 2000  # test images that scores are measured on, at most, unless more are asked for
_FITTED_ON = 0.2  # of the training images, where the data set has no validation split


@dataclass(frozen=True)
class Material:
    """Three parts of a data set, disjoint. The model is given all of them as they are, like a user's own pictures.

    Attributes:
        names: of the K attributes, or of the classes up to the last that there are training images of.
        column: which of them is studied.
        exclusive: whether an image has exactly one of them: they are classes.
        training: what the image classifier is fitted on.
        vector: those of them that the vector is made of.
        fitting: what the logistic regression on latents is fitted on.
        test: what scores are measured on.
    """

    names: tuple[str, ...]
    column: int
    exclusive: bool
    training: ImageSet
    vector: ImageSet
    fitting: ImageSet
    test: ImageSet

    @property
    def name(self) -> str:
        """Of the attribute."""
        return self.names[self.column]

    @cached_property
    def attributes(self) -> np.ndarray:
        """Of the vector's images, (N, K) of 0 and 1."""
        return _table(self.vector.source, len(self.names))

    def has(self, images: ImageSet) -> np.ndarray:
        """Which images have the attribute, (N,) of truths."""
        return _table(images.source, len(self.names))[:, self.column] == 1


def find(run: Path, asked: Asked, seed: int) -> Material:
    """The images of a run's data set, checked to have the attribute in every part.

    Args:
        run: its folder.
        asked: the attribute, and where to look for the data.
        seed: of the choice of images, where not all are taken.

    Raises:
        UserError: the run, its data or labels are not there, there is no such attribute, or too few images have or
            lack it.
    """
    config = _config(run)
    _check_family(config, run)
    parts = _parts(config, asked)
    names, exclusive = _names(parts[0])
    if asked.name not in names:
        lack = "has no training images of" if asked.name in parts[0].label_names else "has no"
        raise UserError(f"--attribute: {config.data.dataset.name} {lack} {asked.name!r}: {nearest(asked.name, names)}")
    kinds = ("training", "validation", "test")
    training, fitting, test = (
        ImageSet(f"{config.data.dataset.name} {kind}", source, "unit", seed)
        for kind, source in zip(kinds, parts, strict=True)
    )
    vector = training.first(asked.vector_images or training.num_images)
    test = test.first(max(_JUDGED, asked.test_images))
    found = Material(names, names.index(asked.name), exclusive, training, vector, fitting, test)
    _check_numbers(found)
    return found


def _config(run: Path) -> Config:
    file = Run(run).config
    if not file.exists():
        raise UserError(
            f"the run {str(run)!r} has no {file.name}, which says where its labelled images are: --attribute needs it"
        )
    return configuration.read(file)


def _check_family(config: Config, run: Path) -> None:
    family = config.model.family.name
    if MODELS.constant(family, "quantized", False):
        raise UserError(
            f"--attribute: the latents of {str(run)!r}, of the family {family}, are codes, to which no vector can be "
            f"added: choose a run of another family"
        )


def _parts(config: Config, asked: Asked) -> tuple[Source, Source, Source]:
    """Training, validation and test images, with labels."""
    found = _splits(config, asked)
    if found.train.labels is None:
        raise UserError(f"--attribute: the images of {config.data.dataset.name} that were found have no labels")
    if found.test is None:
        raise UserError(f"--attribute: {config.data.dataset} has no test split to measure on: choose another run")
    training, fitting = found.train, found.validation
    if fitting is None:
        training, fitting = cut_fraction(training, _FITTED_ON, "validation")
    return training, fitting or training, found.test  # without one, there are so few that they are refused below


def _splits(config: Config, asked: Asked) -> Splits:
    try:
        return splits.load(config, asked.data_dir)
    except UserError as error:
        raise UserError(
            f"--attribute needs the run's data set; its folder can be named by --data_dir: {error}"
        ) from error


def _names(source: Source) -> tuple[tuple[str, ...], bool]:
    """What the columns of the labels, or the classes, are called; and whether they are classes."""
    labels = np.asarray(source.labels)
    exclusive = labels.ndim == 1
    count = int(labels.max()) + 1 if exclusive else labels.shape[1]  # as many as the classifier tells apart
    return (source.label_names or tuple(map(str, range(count))))[:count], exclusive


def _table(source: Source, count: int) -> np.ndarray:
    """Attributes as they are; of classes, one column each."""
    labels = np.asarray(source.labels)
    return labels if labels.ndim == 2 else (labels[:, None] == np.arange(count)).astype(np.uint8)


def _check_numbers(found: Material) -> None:
    for images in (found.vector, found.fitting, found.test):
        has = found.has(images)
        if min(has.sum(), (~has).sum()) < _FEWEST:
            raise UserError(
                f"--attribute: {has.sum():,} of the {images.num_images:,} {images.name} images have {found.name}: "
                f"expected at least {_FEWEST} with and {_FEWEST} without; choose another attribute, or more images"
            )
