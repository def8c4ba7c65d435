"""What a configuration would train, in words and a table; reads no data."""

import math
from collections.abc import Iterator
from dataclasses import replace

import keras

from tfvae import checks, objectives, runs
from tfvae.configuration import Config
from tfvae.errors import UserError
from tfvae.models.base import AbstractVAE

MANY = 10**9  # images; where their number is not known, no length in steps is taken to be past the end of the run


def describe(config: Config) -> str:
    """The layer table, the trainable parameters, the likelihood with its σ, and the equivalent "MSE + w·KL".

    Raises:
        UserError: if the configuration has faults, or does not say what size the images are.
    """
    if not config.data.image_shape:
        raise UserError(
            f"the size of the images of {config.data.dataset.name!r} is found in the data, which --describe does not "
            f"read: give --config.data.image_shape=(height,width,channels)"
        )
    data = replace(config.data, num_images=config.data.num_images or MANY)
    model = runs.build(replace(config, data=data))
    return "\n".join([*layer_table(model), "", *facts(model, config)])


def layer_table(model: AbstractVAE) -> list[str]:
    """A row for each layer of the networks: name, output shape, trainable and other parameters."""
    rows = [("layer", "output shape", "trainable", "other")]
    for network in model.networks():
        rows.append((f"{network.name}:", "", "", ""))
        rows += [
            (f"  {layer.name}", _shape(layer), *map("{:,}".format, count_params(layer))) for layer in leaves(network)
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {trainable:>{widths[2]}}  {other:>{widths[3]}}".rstrip()
        for name, shape, trainable, other in rows
    ]


def facts(model: AbstractVAE, config: Config) -> list[str]:
    """A line each on the parameters, the likelihood, the KL weight, the data and the course of training."""
    trainable, other = count_params(model)
    height, width, channels = config.data.image_shape
    train, known = config.train, config.data.num_images
    weighted = model.has_prior and not model.quantized  # whether β has a meaning
    size = f"{known:,} images, " if known else ""
    steps = f" of {checks.steps_per_epoch(config):,} steps" if known else ""
    return [
        f"trainable parameters: {trainable:,} (and {other:,} that are not trained)",
        f"images: {height}×{width}×{channels} of {config.data.dataset}, pixels {config.data.pixels}",
        f"latents: {model.latents_in_words()}; {_distributions(model, config)}",
        *([f"quantizer: {config.model.quantizer}"] if model.quantized else []),
        f"likelihood: {config.model.likelihood}{_sigma(model)}",
        *(_mse_weight(model, config) if weighted else ()),
        *([f"KL weight: {config.model.kl_weight}"] if weighted else ()),
        f"training: {size}{train.epochs} epochs{steps}, batch {train.batch_size}, "
        f"{train.optimizer} {train.learning_rate:g} ({train.learning_rate_schedule})",
    ]


def _distributions(model: AbstractVAE, config: Config) -> str:
    if not model.has_prior:
        return "no prior"
    if model.first_stage_family:
        return f"codes from {config.model.codes_from or 'no run yet'}; prior on codes {config.model.code_prior}"
    fitted = config.model.fitted_prior
    later = "" if checks.is_none("model.fitted_prior", fitted) else f", after training {fitted} fitted to the latents"
    return f"posterior {config.model.posterior}; prior {config.model.prior}{later}"


def _sigma(model: AbstractVAE) -> str:
    scale = model.scale()
    return "" if scale is None else f", σ = {float(scale):.4f} at the start, in units of [0, 1]"


def _mse_weight(model: AbstractVAE, config: Config) -> list[str]:
    scale = model.scale()
    if scale is None or config.model.likelihood.name != "gaussian":
        return []
    weight = objectives.mse_weight_of_scale(float(scale), math.prod(config.data.image_shape))
    return [
        f'equivalent at that σ: "mean squared error + {weight:.3g}·KL" on [0, 1], '
        f'or "mean squared error + {4 * weight:.3g}·KL" on [−1, 1]'
    ]


def count_params(model: keras.Model | keras.layers.Layer) -> tuple[int, int]:
    """How many parameters are trained, and how many are not (moving averages)."""
    trainable = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return trainable, sum(math.prod(variable.shape) for variable in model.non_trainable_variables)


def leaves(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers of a network that are no networks themselves."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def _shape(layer: keras.layers.Layer) -> str:
    return "×".join(str(size) for size in layer.output.shape[1:])
