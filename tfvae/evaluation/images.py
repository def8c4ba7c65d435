"""Which images an evaluation is of."""

from functools import partial
from pathlib import Path

import numpy as np

from tfvae import splits
from tfvae.configuration import Config
from tfvae.datasets import DATASETS
from tfvae.datasets.base import Request, Source
from tfvae.datasets.containers import Folder
from tfvae.datasets.decoding import SUFFIXES, fit
from tfvae.datasets.file_source import FileSource
from tfvae.errors import UserError, nearest
from tfvae.evaluation.subject import ImageSet, Options, Subject
from tfvae.likelihoods import LIKELIHOODS
from tfvae.run_folder import Run

_ARRAYS = (".npy", ".npz")
_CHECKED_AT_ONCE = 1000
_LEVELS = {"binary": 1, "levels": 255}  # support of a likelihood → highest level: x·highest must be whole


def subject(
    name: str,
    run: Run,
    config: Config,
    own: Path | None,
    outliers: tuple[str, ...],
    folder: str | None,
    options: Options,
) -> Subject:
    """The run with the images it is measured on.

    Args:
        name: of the run.
        run: finished.
        config: its configuration.
        own: file or folder to measure on, in place of the test split, or None.
        outliers: data sets by name, files or folders.
        folder: where to look for data sets, in place of the run's own; or None.
        options: what was asked for.

    Raises:
        UserError: images cannot be found or read, or are not such as the model gives a probability to.
    """
    found = splits.load(config, folder)
    if own is not None:
        images = _image_set(own.name, _source(own, config), config, options)
    elif found.test is not None:
        images = _image_set(f"{config.data.dataset.name} test", found.test, config, options)
    else:
        raise UserError(f"the data set {config.data.dataset} has no test split: name images to measure on by --images")
    further = [other for other in outliers if other != config.data.dataset.name]
    if outliers and not further:
        raise UserError(
            f"--outliers={outliers[0]}: that is what {name} was trained on; name another data set or folder"
        )
    others = [_outliers(other, config, folder, options) for other in further]
    return Subject(
        name=name,
        run=run,
        config=config,
        images=images.first(options.num_images or images.num_images),
        training=_image_set(f"{config.data.dataset.name} train", found.train, config, options),
        outliers=tuple(other.first(options.num_images or other.num_images) for other in others),
        options=options,
    )


def _image_set(name: str, source: Source, config: Config, options: Options) -> ImageSet:
    if source.dtype == np.uint8:
        return ImageSet(name, source, config.data.pixels, options.seed)
    support = LIKELIHOODS.constant(config.model.likelihood.name, "support", "interval")
    if support in _LEVELS:
        _check_levels(name, source, _LEVELS[support])
    return ImageSet(name, source, "unit", options.seed)


def _check_levels(name: str, source: Source, highest: int) -> None:
    """Floats are used as they are: a mass of levels says nothing of values between them."""
    for start in range(0, source.num_images, _CHECKED_AT_ONCE):
        images = source.images(np.arange(start, min(start + _CHECKED_AT_ONCE, source.num_images))) * highest
        if np.abs(images - np.rint(images)).max() > 1e-3:
            values = "0 and 1" if highest == 1 else "0, 1/255, …, 1"
            raise UserError(
                f"{name} holds floats between the values {values} that the likelihood is a mass of: give floats of "
                f"those values, or uint8 images from 0 to 255, which are treated as in training"
            )


def _outliers(name: str, config: Config, folder: str | None, options: Options) -> ImageSet:
    if name in DATASETS:
        request = Request(dir=folder or "", image_shape=config.data.image_shape)
        test = DATASETS[name](request).test
        if test is None:
            raise UserError(f"--outliers={name}: that data set has no test split")
        return _image_set(f"{name} test", test, config, options)
    if not Path(name).exists():
        raise UserError(f"--outliers: there is no data set, file or folder {name!r}: {nearest(name, DATASETS)}")
    return _image_set(Path(name).name, _source(Path(name), config), config, options)


def _source(path: Path, config: Config) -> Source:
    """All images of a file or a folder, in the shape that the model takes."""
    shape = config.data.image_shape
    if path.suffix.lower() in SUFFIXES:
        prepare = partial(fit, height=shape[0], width=shape[1])
        return FileSource(Folder(path.parent), [path.name], prepare, shape)
    request = Request(dir=str(path), image_shape=shape)
    made = DATASETS["arrays" if path.suffix in _ARRAYS else "folder"](request, test_fraction=0.0)
    sources = [source for source in (made.train, made.validation, made.test) if source is not None]
    if len(sources) > 1:
        raise UserError(f"{path} holds folders named as splits (train, valid, test): give the one to measure on")
    return sources[0]
