"""From a configuration to a model and back: the only file that knows both `Config` and the classes."""

import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfvae import checks, class_labels, configuration, files, first_stage, objectives, splits
from tfvae.code_priors import CODE_PRIORS
from tfvae.configuration import Component, Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Splits
from tfvae.errors import UserError
from tfvae.finished import differences_there, finished_run
from tfvae.likelihoods import LIKELIHOODS
from tfvae.models import MODELS
from tfvae.models.base import AbstractVAE
from tfvae.models.encoder_decoder import EncoderDecoder
from tfvae.models.two_stage import TwoStage
from tfvae.networks import NETWORKS
from tfvae.posteriors import POSTERIORS
from tfvae.priors import PRIORS
from tfvae.priors.base import Prior
from tfvae.progress import track
from tfvae.quantizers import QUANTIZERS
from tfvae.quantizers.base import Quantizer
from tfvae.registry import Registry
from tfvae.run_folder import Run
from tfvae.schedules import KL_WEIGHTS
from tfvae.training import checkpoints
from tfvae.training.adam import Adam

FINAL_LEARNING_RATES = {"constant": 1.0, "cosine": 0.01}  # at the end of the run, as a share of the highest
OPTIMIZERS = {"adam": Adam}
ADAPTED_VALUES = 2**26  # pixel values that a network begins from at most: 5,461 images of 64×64×3
ADAPTED_BATCH = 256


def load_data(config: Config) -> Splits:
    """The images of a configuration, once its parts are known to be sound.

    Raises:
        UserError: if a part cannot be made with its options, the data cannot be found or read, or there is no such run
            as the first stage is to be.
    """
    first_stage.check(config)
    for field, registry in checks.REGISTRIES.items():
        component = operator.attrgetter(field)(config)
        if field not in ("data.dataset", "model.family", "model.quantizer") and not checks.is_none(field, component):
            _make(registry, component)
    _quantizer(config)
    return splits.load(config)


def resolve(config: Config, found: Splits) -> Config:
    """The configuration with the image shape and number of training images that were found; checked again.

    Raises:
        UserError: if it has faults, or the images have not the labels that it needs.
    """
    data = replace(config.data, image_shape=found.train.image_shape, num_images=found.train.num_images)
    config = replace(config, data=data)
    checks.check(config)
    class_labels.check(config, found)
    return config


def build(config: Config) -> AbstractVAE:
    """A built, compiled model. Reads no data; sets the global random seeds, which the initial weights come from.

    Raises:
        UserError: if the configuration has faults, or does not know its image shape or number of images yet.
    """
    checks.check(config)
    if not config.data.image_shape or not config.data.num_images:
        raise UserError(
            f"the image shape and number of images of {config.data.dataset.name!r} are found in its data: "
            f"call tfvae.runs.resolve(config, tfvae.runs.load_data(config)) first"
        )
    _check_fitted_prior(config)
    keras.utils.set_random_seed(config.train.seed)
    model = _model(config)
    model.compile(optimizer=_optimizer(config))
    return model


def adapt(model: AbstractVAE, config: Config, found: Splits) -> None:
    """Lets the parts that ask for it begin from training images: from some of them, chosen by the seed, if many.

    Raises:
        UserError: a file of the data cannot be read.
    """

    def images(most: int | None = None) -> np.ndarray:
        held = max(2, ADAPTED_VALUES // math.prod(config.data.image_shape))
        seed = config.train.seed
        part = found.train.part(min(held, most or held), seed)
        batches = pipeline.evaluation_batches(part, ADAPTED_BATCH, seed=seed, pixels=config.data.pixels)
        read = np.empty((part.num_images, *part.image_shape), np.float32)
        with pipeline.readable_errors():
            for index, batch in enumerate(track(batches, "reading images to begin from")):
                read[index * ADAPTED_BATCH : (index + 1) * ADAPTED_BATCH] = batch
        return read

    if isinstance(model, EncoderDecoder):
        _make(NETWORKS, config.model.network).adapt(model, images)
    model.adapt(images)


def _model(config: Config) -> AbstractVAE:
    family = MODELS[config.model.family.name]
    return _second_stage(config) if family.first_stage_family else _first_stage(config)


def _second_stage(config: Config) -> AbstractVAE:
    with _dtype_policy(config.train.precision):
        code_prior = _make(CODE_PRIORS, config.model.code_prior)
    settings = config.model.family
    return MODELS[settings.name](
        _first_stage(first_stage.config_of(config)), code_prior, seed=config.train.seed, **settings.options
    )


def _first_stage(config: Config) -> AbstractVAE:
    settings, (*size, channels) = config.model, config.data.image_shape
    family = MODELS[settings.family.name]
    likelihood = _make(LIKELIHOODS, settings.likelihood)
    bayesian = _bayesian_parts(config) if family.has_prior else {}
    per_latent = bayesian["posterior"].params_per_latent if family.has_prior else 1
    network = _make(NETWORKS, settings.network)
    try:
        with _dtype_policy(config.train.precision):
            encoder = network.encoder((*size, channels), per_latent * settings.latent_dim)
            decoder = network.decoder(settings.latent_dim, (*size, likelihood.params_per_channel * channels))
    except ValueError as error:
        raise UserError(f"the network {settings.network} of images {config.data.image_shape}: {error}") from error
    further = {"quantizer": _quantizer(config)} if family.quantized else bayesian
    options = {"likelihood": likelihood, "seed": config.train.seed, **further, **settings.family.options}
    return family(encoder, decoder, **options)


def _bayesian_parts(config: Config) -> dict[str, Any]:
    """What only a model with a prior takes."""
    settings = config.model
    return {
        "posterior": _make(POSTERIORS, settings.posterior),
        "prior": _make(PRIORS, settings.prior),
        "kl_weight": _make(KL_WEIGHTS, settings.kl_weight).for_run(checks.total_steps(config)),
    }


def _quantizer(config: Config) -> Quantizer:
    """The quantiser, built for latents of any size of map."""
    component, size = config.model.quantizer, config.model.latent_dim
    quantizer = _make(QUANTIZERS, component)
    if MODELS[config.model.family.name].quantized:
        try:
            quantizer.build((None, None, None, size))
        except ValueError as error:
            raise UserError(f"the quantizer {component} of config.model.latent_dim={size}: {error}") from error
    return quantizer


def unfitted_prior(config: Config) -> Prior | None:
    """The prior to be fitted after training, which no training changes any more; None if there is none."""
    component = config.model.fitted_prior
    if checks.is_none("model.fitted_prior", component):
        return None
    return _make(PRIORS, Component(component.name, **component.options, trainable=False))


def _check_fitted_prior(config: Config) -> None:
    """Refuses to begin where the training images are too few to fit the prior to. Draws of the same do not count."""
    prior, images = unfitted_prior(config), config.data.num_images
    if prior is not None and images < prior.least_images:
        raise UserError(
            f"config.model.fitted_prior={config.model.fitted_prior} of {images} training images: expected at least "
            f"{prior.least_images} images, or fewer components; --config.model.fitted_prior=none keeps the prior of "
            f"training"
        )


def _make(registry: Registry, component: Component) -> Any:
    try:
        return registry[component.name](**component.options)
    except ValueError as error:
        raise UserError(f"the {registry.kind} {component}: {error}") from error


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _optimizer(config: Config) -> keras.optimizers.Optimizer:
    train = config.train
    options = {
        "learning_rate": _learning_rate(config),
        "global_clipnorm": train.clip_norm or None,
        "use_ema": train.ema > 0,
        "ema_momentum": train.ema or 0.99,
    }
    # Keras' own by name, but for those that are faster here.
    faster = OPTIMIZERS.get(train.optimizer)
    return faster(**options) if faster else keras.optimizers.get({"class_name": train.optimizer, "config": options})


def _learning_rate(config: Config) -> keras.optimizers.schedules.LearningRateSchedule | float:
    train, steps = config.train, checks.total_steps(config)
    if train.learning_rate_schedule == "constant" and not train.learning_rate_warmup:
        return train.learning_rate
    rising = round(train.learning_rate_warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if rising else train.learning_rate,
        warmup_target=train.learning_rate if rising else None,
        warmup_steps=rising,
        decay_steps=steps - rising,
        alpha=FINAL_LEARNING_RATES[train.learning_rate_schedule],
    )


def bits_per_dim(config: Config) -> Callable[[float], float] | None:
    """Nats → bits/dim of 8-bit data, or None where the bound says nothing about 8-bit data."""
    height, width, channels = config.data.image_shape
    support = LIKELIHOODS[config.model.likelihood.name].support
    convert = {
        ("levels", "unit"): objectives.mass_bits_per_dim,
        ("interval", "dequantize"): objectives.density_bits_per_dim,
    }
    bounded = MODELS[config.model.family.name].has_prior
    known = convert.get((support, config.data.pixels)) if bounded else None
    return known and partial(known, dims=height * width * channels)


def open_run(folder: Path, config: Config, overwrite: bool = False) -> Run:
    """A new run, or one of the same configuration to go on with; a finished one is not touched.

    Args:
        folder: of the run.
        config: resolved.
        overwrite: begin afresh if what is there is finished or of another configuration; exports are kept.

    Raises:
        UserError: if what is there is of another configuration, and may not be overwritten.
    """
    run = Run(folder)
    finished = None if overwrite else finished_run(folder, config)
    if finished:
        return finished
    different = run.config.exists() and differences_there(run, config)
    if different or run.report.exists() or not run.config.exists():
        _clear(run)
    for place in (folder, run.checkpoints, *run.pictures.glob("*")):
        files.remove_leftovers(place)
    files.write_json(run.config, configuration.to_json(config))
    return run


def _clear(run: Run) -> None:
    """Removes what training wrote; exports stay, so that the next one is the next version."""
    # The configuration goes first: a folder without one is cleared when a run begins there, so an interruption does
    # not leave part of an old run to a new one.
    state = (*run.checkpoints.glob("*.npz"), run.log, run.timing, run.model)
    for path in (run.config, run.report, run.folder / "report.md", run.folder / "profile.md", *state):
        path.unlink(missing_ok=True)
    for path in (*run.pictures.glob("*/*.png"), *run.tensorboard.rglob("events.*"), *run.tensorboard.rglob("*.pb")):
        path.unlink()


def load(folder: str | Path) -> AbstractVAE:
    """The model of a finished run, with its best weights, compiled and ready to go on with.

    Raises:
        UserError: if `folder` is not a finished run.
    """
    run = Run(Path(folder))
    if not run.model.exists():
        raise UserError(f"{folder} holds no model.keras: expected the folder of a finished run of vae.py")
    for registry in checks.REGISTRIES.values():
        for name in registry:
            registry[name]  # Keras finds only classes that have been imported
    return keras.saving.load_model(run.model)


def restore(run: Run, config: Config) -> AbstractVAE:
    """The model of a run with its best weights, under the prior that was fitted after training, if one was and helped.

    Raises:
        UserError: if it was to be fitted, and the run has not come so far.
    """
    model = build(config)
    checkpoints.load_weights(model, run.checkpoints / "best.npz")
    prior = unfitted_prior(config)
    if prior is None:
        return model
    if not run.fitted_prior.exists():
        raise UserError(f"{run.folder} has no fitted prior yet: finish it first, with the same command")
    weights = list(files.load_arrays(run.fitted_prior).values())
    if not weights:
        return model
    prior.build((None, *model.latent_shape))
    prior.set_weights(weights)
    return model.with_prior(prior)


def load_first_stage(model: AbstractVAE, config: Config) -> None:
    """Gives a model that stands on a finished run the weights of that run, and leaves any other as it is.

    Raises:
        UserError: if there is no such run, or its weights are of another structure.
    """
    run = first_stage.run_of(config)
    if run is None or not isinstance(model, TwoStage):
        return
    try:
        checkpoints.load_weights(model.first_stage, run.checkpoints / "best.npz")
    except (ValueError, OSError) as error:
        raise UserError(f"config.model.codes_from={run.folder}: its weights cannot be used: {error}") from error


def load_initial_weights(model: AbstractVAE, folder: Path) -> None:
    """Starts a model from the best weights of another run.

    Raises:
        UserError: if `folder` has none, or they are of another structure.
    """
    path = Run(folder).checkpoints / "best.npz"
    if not path.exists():
        raise UserError(f"{folder} has no checkpoints/best.npz to start from: expected the folder of a run of vae.py")
    try:
        checkpoints.load_weights(model, path)
    except ValueError as error:
        raise UserError(f"cannot start from {folder}: {error}") from error
