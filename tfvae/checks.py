"""Every fault of a configuration, found before any data is read and without importing TensorFlow."""

import dataclasses
import math
from typing import Any, Literal, get_args, get_origin

from tfvae.configuration import Component, Config
from tfvae.datasets import DATASETS
from tfvae.errors import UserError, nearest
from tfvae.likelihoods import LIKELIHOODS
from tfvae.models import MODELS
from tfvae.networks import NETWORKS
from tfvae.posteriors import POSTERIORS
from tfvae.priors import PRIORS
from tfvae.registry import Registry
from tfvae.schedules import KL_WEIGHTS

REGISTRIES: dict[str, Registry] = {
    "data.dataset": DATASETS,
    "model.family": MODELS,
    "model.network": NETWORKS,
    "model.likelihood": LIKELIHOODS,
    "model.posterior": POSTERIORS,
    "model.prior": PRIORS,
    "model.kl_weight": KL_WEIGHTS,
}

# What a likelihood is normalised over → what the pipeline may make of the pixels.
PIXELS_OF_SUPPORT = {"binary": ("binarize",), "levels": ("unit",), "interval": ("unit", "dequantize")}
TIMES = ("duration", "period")  # options of KL weights that are a length of time


def check(config: Config) -> None:
    """Raises one `UserError` that lists all faults of `config`, if there are any."""
    found = faults(config)
    if found:
        raise UserError("\n".join(found))


def faults(config: Config) -> list[str]:
    """A sentence for each value that cannot be used."""
    found: list[str] = []
    for section in ("data", "model", "train"):
        values = getattr(config, section)
        for item in dataclasses.fields(values):
            found += _field_faults(f"{section}.{item.name}", item, getattr(values, item.name))
    return found or _combination_faults(config)


def _field_faults(path: str, item: dataclasses.Field, value: Any) -> list[str]:
    if isinstance(value, Component) and path in REGISTRIES:
        return component_faults(path, value)
    if not matches(item.type, value):
        return [f"config.{path} is {value!r}, a {type(value).__name__}: expected {describe(item.type)}"]
    choices = item.metadata.get("choices")
    if choices and value not in choices:
        return [f"config.{path} is {value!r}: {nearest(value, choices)}"]
    if "low" in item.metadata and not item.metadata["low"] <= value <= item.metadata["high"]:
        low, high = item.metadata["low"], item.metadata["high"]
        expected = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        return [f"config.{path} is {value:g}: expected {expected}"]
    return []


def component_faults(path: str, component: Component) -> list[str]:
    """A sentence for an unknown entry, or for each of its options that is unknown or of the wrong type."""
    registry = REGISTRIES[path]
    if component.name not in registry:
        return [f"config.{path}: there is no {registry.kind} {component.name!r}: {nearest(component.name, registry)}"]
    known = registry.parameters(component.name)
    found = []
    for option, value in component.options.items():
        where = f"config.{path}: {component.name}"
        if option not in known:
            found.append(f"{where} has no option {option!r}: {nearest(option, known)}")
        elif not matches(annotation(known[option]), value):
            found.append(f"{where}({option}={value!r}): expected {known[option]}")
    return found


def _combination_faults(config: Config) -> list[str]:
    """Faults between values that are each fine alone."""
    data, found = config.data, []
    if data.image_shape and (
        len(data.image_shape) != 3 or data.image_shape[2] not in (1, 3) or min(data.image_shape) < 1
    ):
        found.append(
            f"config.data.image_shape is {data.image_shape}: expected (height, width, channels) with 1 or 3 channels"
        )
    found += [sentence for option in ("duration", "period") for sentence in _duration_faults(config, option)]
    return found


def _duration_faults(config: Config, option: str) -> list[str]:
    """A schedule in steps whose end lies past the run would silently train with another β to the end."""
    steps, value = total_steps(config), config.model.kl_weight.options.get(option)
    if isinstance(value, int) and steps and value > steps:
        return [
            f"config.model.kl_weight: {option}={value} steps lies past the end of the run ({steps} steps): "
            f"give at most {steps}, or a share of the run such as {option}=0.3"
        ]
    return []


def steps_per_epoch(config: Config) -> int:
    """Optimiser steps in one pass over the training images, the short last batch included."""
    return math.ceil(config.data.num_images / config.train.batch_size)


def total_steps(config: Config) -> int:
    """Optimiser steps of the whole run; 0 while the number of images is not known."""
    return config.train.epochs * steps_per_epoch(config)


_NAMES = {"Literal": Literal, "Any": Any, "Component": Component}


def annotation(text: str) -> Any:
    """The type that an annotation's text means; `Any` where it names something not known here."""
    try:
        return eval(text, {"__builtins__": {}}, {**_NAMES, **_PLAIN})  # text comes from our own source files
    except (NameError, SyntaxError, TypeError):
        return Any


_PLAIN = {kind.__name__: kind for kind in (int, float, str, bool, tuple, list, dict)} | {"None": None}


def matches(kind: Any, value: Any) -> bool:
    """Whether `value` may stand where `kind` is annotated; an int may stand for a float, a bool for neither."""
    if kind is Any:
        return True
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(matches(get_args(kind)[0], item) for item in value)
    if get_args(kind):  # a union
        return any(matches(part, value) for part in get_args(kind))
    if kind in (None, type(None)):
        return value is None
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)


def describe(kind: Any) -> str:
    """A type as a user would write it."""
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind).replace("typing.", "")
