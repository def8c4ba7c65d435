"""Every fault of a configuration, found before any data is read and without importing TensorFlow."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from tfvae.code_priors import CODE_PRIORS
from tfvae.configuration import Component, Config, ModelConfig
from tfvae.datasets import DATASETS
from tfvae.errors import UserError, nearest
from tfvae.likelihoods import LIKELIHOODS
from tfvae.models import MODELS
from tfvae.networks import NETWORKS
from tfvae.posteriors import POSTERIORS
from tfvae.priors import PRIORS
from tfvae.quantizers import QUANTIZERS
from tfvae.registry import Registry, limit_faults
from tfvae.schedules import KL_WEIGHTS

REGISTRIES: dict[str, Registry] = {
    "data.dataset": DATASETS,
    "model.family": MODELS,
    "model.network": NETWORKS,
    "model.likelihood": LIKELIHOODS,
    "model.posterior": POSTERIORS,
    "model.prior": PRIORS,
    "model.fitted_prior": PRIORS,
    "model.kl_weight": KL_WEIGHTS,
    "model.quantizer": QUANTIZERS,
    "model.code_prior": CODE_PRIORS,
}
OPTIONAL = ("model.fitted_prior",)  # of these, which may be "none"

# What a likelihood is normalised over → what the pipeline may make of the pixels, and why nothing else.
PIXELS_OF_SUPPORT = {
    "binary": (("binarize",), "it is the mass of pixels that are 0 or 1"),
    "levels": (("unit",), "it is the mass of 8-bit levels as they are"),
    "interval": (("unit", "dequantize"), "it is a density of grey values, and has no bound on binary ones"),
}
TIMES = ("duration", "period")  # options of KL weights that are a length of time


def check(config: Config) -> None:
    """Raises one `UserError` that lists all faults of `config`, if there are any."""
    found = faults(config)
    if found:
        raise UserError("\n".join(found))


def faults(config: Config) -> list[str]:
    """A sentence for each value that cannot be used, and for each set of values that do not go together."""
    found: dict[str, list[str]] = {
        "name": [] if is_name(config.name) else [NOT_A_NAME.format("config.name", config.name)]
    }
    for section in ("data", "model", "train"):
        values = getattr(config, section)
        for item in dataclasses.fields(values):
            path = f"{section}.{item.name}"
            found[path] = _field_faults(path, item, getattr(values, item.name))
    together = [
        sentence
        for paths, combination in COMBINATIONS.items()
        if not any(found[path] for path in paths)  # a value that is wrong alone would be reported twice
        for sentence in combination(config)
    ]
    return [*(sentence for sentences in found.values() for sentence in sentences), *together]


def _field_faults(path: str, item: dataclasses.Field, value: Any) -> list[str]:
    if not matches(item.type, value):
        return [f"config.{path} is {value!r}, a {type(value).__name__}: expected {describe(item.type)}"]
    if path in REGISTRIES:
        return component_faults(path, value)
    if path == "data.image_shape":
        return _shape_faults(value)
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
    if is_none(path, component):
        return []
    if component.name not in registry:
        names = [*registry, *(["none"] if path in OPTIONAL else [])]
        return [f"config.{path}: there is no {registry.kind} {component.name!r}: {nearest(component.name, names)}"]
    known = registry.parameters(component.name)
    found = []
    for option, value in component.options.items():
        where = f"config.{path}: {component.name}"
        if option not in known:
            found.append(f"{where} has no option {option!r}: {nearest(option, known)}")
        elif not matches(annotation(known[option]), value):
            found.append(f"{where}({option}={value!r}): expected {known[option]}")
        elif option in TIMES and not is_time(value):
            found.append(f"{where}({option}={value!r}): expected steps (an int ≥ 1) or a share of the run in (0, 1]")
        else:
            limits = registry.constant(component.name, "limits", ())
            found += [f"{where}: {fault}" for fault in limit_faults(limits, {option: value})]
    return found


def is_none(path: str, component: Component) -> bool:
    """Whether a part that may be left out is."""
    return path in OPTIONAL and component == Component("none")


NOT_A_NAME = "{} is {!r}: expected the name of a folder, without slashes"


def is_name(name: str) -> bool:
    """Whether a run's folder can be called so."""
    return isinstance(name, str) and bool(name) and name == Path(name).name and not name.startswith(".")


def is_time(value: float) -> bool:
    """Whether a length of time is in steps (an int) or a share of the run (a float)."""
    return value >= 1 if isinstance(value, int) else 0 < value <= 1


def _shape_faults(shape: tuple[int, ...]) -> list[str]:
    if not shape or (len(shape) == 3 and shape[2] in (1, 3) and min(shape) >= 1):
        return []
    return [f"config.data.image_shape is {shape}: expected (height, width, channels) with 1 or 3 channels"]


def _pixel_faults(config: Config) -> list[str]:
    """A likelihood of other values than the pipeline gives would be no likelihood, and its nats no bound."""
    name, pixels = config.model.likelihood.name, config.data.pixels
    allowed, reason = PIXELS_OF_SUPPORT[LIKELIHOODS.constant(name, "support", "interval")]
    if pixels in allowed:
        return []
    return [
        f"config.model.likelihood: {name} does not go with config.data.pixels={pixels}, for {reason}: "
        f"give --config.data.pixels={' or '.join(allowed)}, or another likelihood"
    ]


def _time_faults(config: Config) -> list[str]:
    """A schedule in steps whose end lies past the run would silently train with another β to the end."""
    steps, options = total_steps(config), config.model.kl_weight.options
    return [
        f"config.model.kl_weight: {name}={options[name]} steps lies past the end of the run ({steps} steps): "
        f"give at most {steps}, or a share of the run such as {name}=0.3"
        for name in TIMES
        if steps and isinstance(options.get(name), int) and options[name] > steps
    ]


def _prior_faults(config: Config) -> list[str]:
    """Of a model without a prior: what is set and would do nothing."""
    given, unset = config.model, ModelConfig()
    if MODELS.constant(given.family.name, "has_prior", True) and not MODELS.constant(
        given.family.name, "first_stage_family", ""
    ):
        return []
    return [
        f"config.model.{name} is {getattr(given, name)}: {given.family.name} has no {words}: "
        f"give --config.model.{name}={getattr(unset, name)}"
        for name, words in OF_A_PRIOR.items()
        if getattr(given, name) != getattr(unset, name)
    ]


OF_A_PRIOR = {
    "posterior": "posterior but a point",
    "prior": "prior on vectors",
    "fitted_prior": "prior on vectors",
    "kl_weight": "KL term",
}


def _fitting_faults(config: Config) -> list[str]:
    """A prior with nothing to fit; and one that is trained, weights and all, only to be replaced."""
    prior, fitted = config.model.prior.name, config.model.fitted_prior
    if is_none("model.fitted_prior", fitted):
        return []
    found = []
    if not PRIORS.constant(fitted.name, "fittable", False):
        known = [name for name in PRIORS if PRIORS.constant(name, "fittable", False)]
        found.append(f"config.model.fitted_prior: {fitted.name} has nothing to fit: expected none, {', '.join(known)}")
    if PRIORS.constant(prior, "learned", False):
        found.append(
            f"config.model.prior: {prior} learns in training what config.model.fitted_prior={fitted.name} would then "
            f"replace: give --config.model.prior=standard_normal or --config.model.fitted_prior=none"
        )
    return found


def _by_latent_faults(config: Config) -> list[str]:
    """A KL weight that charges latents one by one, under a prior whose KL is one number for all of them."""
    weight, prior = config.model.kl_weight.name, config.model.prior.name
    if not KL_WEIGHTS.constant(weight, "by_latent", False) or PRIORS.constant(prior, "by_latent", False):
        return []
    known = [name for name in PRIORS if PRIORS.constant(name, "by_latent", False)]
    return [
        f"config.model.kl_weight: {weight} needs the KL of each latent, and config.model.prior={prior} has only "
        f"that of all together: give another KL weight, or --config.model.prior={' or '.join(known)}"
    ]


def _latent_faults(config: Config) -> list[str]:
    """A network of maps for a family of vectors, or the other way round; and a quantiser where there are no codes."""
    given, unset = config.model, ModelConfig().quantizer
    quantized = MODELS.constant(given.family.name, "quantized", False)
    known = [name for name in NETWORKS if NETWORKS.constant(name, "latent_maps", False) == quantized]
    found = []
    if given.network.name not in known:
        kinds = ("maps", "vectors") if quantized else ("vectors", "maps")
        found.append(
            f"config.model.network: latents of {given.family.name} are {kinds[0]}, and those of {given.network.name} "
            f"are {kinds[1]}: expected {', '.join(known)}"
        )
    if not quantized and given.quantizer != unset:
        found.append(
            f"config.model.quantizer is {given.quantizer}: {given.family.name} has no codes: "
            f"give --config.model.quantizer={unset}, which is what is not set"
        )
    return found


def _stage_faults(config: Config) -> list[str]:
    """What is set of a second stage, where there is only one."""
    given, unset = config.model, ModelConfig()
    if MODELS.constant(given.family.name, "first_stage_family", ""):
        return []
    known = [name for name in MODELS if MODELS.constant(name, "first_stage_family", "")]
    return [
        f"config.model.{name} is {getattr(given, name)}: {given.family.name} has no first stage: expected nothing, or "
        f"--config.model.family={' or '.join(known)}"
        for name in ("codes_from", "code_prior")
        if getattr(given, name) != getattr(unset, name)
    ]


# Faults between values that are each fine alone: the values needed → how to find them.
COMBINATIONS: dict[tuple[str, ...], Callable[[Config], list[str]]] = {
    ("model.likelihood", "data.pixels"): _pixel_faults,
    ("model.family", *(f"model.{name}" for name in OF_A_PRIOR)): _prior_faults,
    ("model.family", "model.prior", "model.fitted_prior"): _fitting_faults,
    ("model.prior", "model.kl_weight"): _by_latent_faults,
    ("model.family", "model.network", "model.quantizer"): _latent_faults,
    ("model.family", "model.codes_from", "model.code_prior"): _stage_faults,
    ("model.kl_weight", "data.num_images", "train.batch_size", "train.epochs"): _time_faults,
}


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
