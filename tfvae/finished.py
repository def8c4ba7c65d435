"""Whether what is asked for has been trained already. No TensorFlow here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import configuration
from tfvae.configuration import Config
from tfvae.datasets.base import Source, Splits
from tfvae.errors import UserError
from tfvae.run_folder import Run

NUM_EXAMPLES = 64
NO_DIFFERENCE = {"data.dir", "data.cache_gib", "train.steps_per_execution"}  # where, and how fast
SAME_IMAGE = 0.02  # mean absolute difference between two decodings of one file by different libraries, at most


def finished_run(folder: Path, config: Config, resolved: bool = True) -> Run | None:
    """The run in `folder` if it is finished.

    Args:
        folder: of the run.
        config: what is asked for.
        resolved: whether that has been compared with the data; if not, what the data decides is left out of account.

    Raises:
        UserError: if what is there is of another configuration.
    """
    run = Run(folder)
    if not run.config.exists():
        return None
    different = differences_there(run, config, resolved)
    if different:
        raise UserError(
            f"{folder} holds a run of another configuration ({'; '.join(different)}): "
            f"give this one a --name, or replace that one with --overwrite"
        )
    return run if run.report.exists() else None


def differences_there(run: Run, config: Config, resolved: bool = True) -> list[str]:
    """What differs between the configuration stored in a run and the one given; see `finished_run`."""
    try:
        stored = configuration.read(run.config)
    except ValueError as error:  # not JSON, or a UserError: fields that there are no more
        return [f"its config.json cannot be read: {error}"]
    if not resolved:
        shape = config.data.image_shape or stored.data.image_shape
        data = replace(config.data, num_images=stored.data.num_images, image_shape=shape)
        config = replace(config, data=data)
    return differences(stored, config)


def differences(stored: Config, given: Config) -> list[str]:
    """What differs between two configurations, but for what makes no other run."""
    one, other = _flat(configuration.to_json(stored)), _flat(configuration.to_json(given))
    keys = sorted((set(one) | set(other)) - NO_DIFFERENCE)
    return [
        f"{key} is {one.get(key)!r} there and {other.get(key)!r} here" for key in keys if one.get(key) != other.get(key)
    ]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def examples(found: Splits) -> Source:
    """The few images that a run of these data keeps: not trained on, where there are such."""
    source = found.validation or found.test or found.train
    return source.subset(np.random.default_rng(0).permutation(source.num_images)[:NUM_EXAMPLES])


def same_images(stored: np.ndarray, found: np.ndarray) -> bool:
    """Whether the images that a run has kept, (N, H, W, C), are those found now, in whatever way both were decoded."""
    return stored.shape == found.shape and bool(np.abs(stored - found).mean(axis=(1, 2, 3)).max() <= SAME_IMAGE)
