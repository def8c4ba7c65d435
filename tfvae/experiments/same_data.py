"""Whether the runs that are there were trained on the images that are found now."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import numpy as np

from tfvae import finished, quiet
from tfvae.configuration import Config
from tfvae.datasets.base import Source, Splits
from tfvae.evaluation.subject import ImageSet
from tfvae.files import load_arrays
from tfvae.run_folder import Run


def faults(asked: Iterable[tuple[Run, Config]], found: Splits) -> list[str]:
    """A sentence for each run that has begun with other images: neither its weights nor its numbers are of these.

    Args:
        asked: folders, and what is to be trained there on `found`.
        found: the images of all of them.

    Raises:
        UserError: an image cannot be read.
    """
    kept = finished.examples(found)
    seen = cache(lambda pixels: _seen(kept, pixels))
    begun = [(run, config) for run, config in asked if run.config.exists() and (run.begun or run.report.exists())]
    return [
        f"{run.folder} holds a run of other images ({different}): give this experiment another --model_directory, or "
        "remove that folder"
        for run, config in begun
        if (different := _difference(run, config, found, seen))
    ]


def _difference(run: Run, config: Config, found: Splits, seen: Callable[[str], np.ndarray]) -> str:
    data = replace(config.data, image_shape=found.train.image_shape, num_images=found.train.num_images)
    different = finished.differences_there(run, replace(config, data=data))
    if different or not run.examples.exists():
        return "; ".join(different)
    same = finished.same_images(load_arrays(run.examples)["images"], seen(config.data.pixels))
    return "" if same else f"those that it has kept in {run.examples.name} are not these"


def _seen(kept: Source, pixels: str) -> np.ndarray:
    """The images (N, H, W, C) as a run keeps them, but for noise that is smaller than what decoding may change."""
    images = ImageSet("examples", kept, pixels, 0)
    if pixels != "binarize":
        return np.concatenate(list(images.plain()))
    quiet.import_tensorflow()  # whose random numbers these pixels are
    return np.concatenate(list(images.seen()))
