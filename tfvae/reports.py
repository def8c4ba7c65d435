"""The end of a run: best weights, test numbers, export, GIFs, report."""

import math
import os
import platform
from importlib import metadata
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import checks, configuration, export, files, plotting, runs
from tfvae.configuration import Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Source, Splits
from tfvae.describe import count_params
from tfvae.durations import duration
from tfvae.models.base import AbstractVAE
from tfvae.models.two_stage import TwoStage
from tfvae.run_folder import Run
from tfvae.training import checkpoints, code_costs, input_wait, log, pictures, prior_fitting, session
from tfvae.training.progress import objective

PACKAGES = ("tfvae", "tensorflow", "keras", "tensorflow-probability", "numpy")


def finish(model: AbstractVAE, splits: Splits, config: Config, run: Run, state: dict, command: str) -> str:
    """Puts the best weights in, measures them, and writes all that a finished run has; the report last.

    Args:
        model: trained; keeps the best weights.
        splits: of the data.
        config: resolved.
        run: where to.
        state: of the last checkpoint.
        command: the command line that repeats the run.

    Returns:
        What to tell the user.
    """
    checkpoints.load_weights(model, run.checkpoints / "best.npz")
    numbers = _numbers(model, splits, config)
    prior, fitted = runs.unfitted_prior(config), None
    if prior is not None:
        model, fitted = prior_fitting.replace(model, prior, splits, config, run)
        fitted["under_the_trained_prior"] = numbers
        numbers = _numbers(model, splits, config) if fitted["used"] else numbers
    _save_statistics(model, run)
    with files.atomic(run.model) as temporary:
        model.save(temporary)
    version = export.export(model, run.serving, state["version"])
    rows = log.read(run.log)
    plotting.curves(run.folder / "curves.png", {name: [row.get(name, math.nan) for row in rows] for name in rows[-1]})
    for kind in pictures.kinds_of(model):
        pictures.animate(run.pictures, kind, run.folder / f"{kind}.gif")
    report = _report(model, splits, config, state, numbers, command, version.name)
    report["training"]["input_wait"] = input_wait.of_run(log.read(run.timing) if run.timing.exists() else [])
    if fitted:
        report["fitted_prior"] = fitted
    if isinstance(model, TwoStage):
        report["code_costs"] = code_costs.compare(model, splits, config, numbers)
    files.write_text(run.folder / "report.md", markdown(report))
    files.write_json(run.report, report)
    return closing(run, report)


def _numbers(model: AbstractVAE, splits: Splits, config: Config) -> dict[str, dict[str, float]]:
    sources = {"validation": splits.validation, "test": splits.test}
    return {name: measure(model, source, config) for name, source in sources.items() if source is not None}


def measure(model: AbstractVAE, source: Source, config: Config) -> dict[str, float]:
    """The bound and its parts on a whole split, with the weights as they are.

    Returns:
        `negative_elbo`, `reconstruction`, `kl` in nats, one draw of z for each image; `mse` with that draw and
        `mse_at_mean` with z at the posterior mean, per pixel on [0, 1]; `active_units`; `bits_per_dim` where defined.
        Of a model without a prior neither `negative_elbo` nor `kl`.
    """
    batches = session.evaluation_batches(source, config)
    with pipeline.readable_errors():
        found = model.evaluate(batches, verbose=0, return_dict=True)
    numbers = {name: float(value) for name, value in found.items()}
    del numbers["loss"]  # again the bound, or what stands for it
    errors = keras.metrics.Mean()
    reconstruct = tf.function(model.reconstruct, [tf.TensorSpec((None, *model.image_shape))])
    with pipeline.readable_errors():
        for images in batches:
            errors.update_state(tf.reduce_mean(tf.square(images - reconstruct(images)), axis=(1, 2, 3)))
    numbers["mse_at_mean"] = float(errors.result())
    convert = runs.bits_per_dim(config)
    return {**numbers, "bits_per_dim": convert(numbers["negative_elbo"])} if convert else numbers


def _save_statistics(model: AbstractVAE, run: Run) -> None:
    """Adds to the stored examples what pictures need to know of the model."""
    arrays = files.load_arrays(run.examples)
    found = {**(_kl_per_latent(model, arrays["images"]) if model.has_prior else {}), **model.statistics()}
    if found:
        files.save_arrays(run.examples, {**arrays, **found})


def _kl_per_latent(model: AbstractVAE, images: np.ndarray) -> dict[str, np.ndarray]:
    """The mean KL of each latent, if it is a sum over them: pictures order them by it."""
    terms = model.terms(tf.constant(images), model.noise(len(images), tf.constant([0, 0])))
    kl = np.asarray(tf.reduce_mean(terms.kl, axis=0))
    return {"kl_per_latent": kl} if kl.shape == model.latent_shape else {}


def _report(
    model: AbstractVAE,
    splits: Splits,
    config: Config,
    state: dict,
    numbers: dict[str, dict[str, float]],
    command: str,
    version: str,
) -> dict[str, Any]:
    trainable, other = count_params(model)
    epochs = state["step"] / checks.steps_per_epoch(config)
    sizes = {name: getattr(splits, name) for name in ("train", "validation", "test")}
    return {
        "preset": config.name,
        "command": command,
        "data": {
            "dataset": repr(config.data.dataset),
            "image_shape": list(config.data.image_shape),
            "pixels": config.data.pixels,
            "images": {name: source.num_images for name, source in sizes.items() if source is not None},
            "notes": list(splits.notes),
            "bad_files": list(splits.bad_files),
        },
        "model": {
            "likelihood": repr(config.model.likelihood),
            "sigma": None if model.scale() is None else float(model.scale()),  # type: ignore[arg-type]
            "latent_dim": config.model.latent_dim,
            "latents": model.latents_in_words(),
            "trainable_parameters": trainable,
            "other_parameters": other,
        },
        "training": {
            "steps": state["step"],
            "epochs": round(epochs),
            "best_epoch": state["best_epoch"],
            "stopped_early": state["stopped"],
            "seconds": round(state["seconds"], 1),
            "images_per_second": round(epochs * config.data.num_images / max(state["seconds"], 1e-9), 1),
            "seed": config.train.seed,
        },
        "numbers": numbers,
        "units": {"negative_elbo": "nats", "reconstruction": "nats", "kl": "nats", "mse": "per pixel on [0, 1]"},
        "serving_version": int(version),
        "machine": {"threads": _threads(), "processor": platform.machine(), "python": platform.python_version()},
        "packages": {name: _version(name) for name in PACKAGES},
        "config": configuration.to_json(config),
    }


def _threads() -> int:
    """Threads that an operation of TensorFlow may use: on another number of them, weights differ in the last bits."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return tf.config.threading.get_intra_op_parallelism_threads() or available


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # a clone that was not installed
        return "not installed"


def markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    data, model, training = report["data"], report["model"], report["training"]
    counts = ", ".join(f"{count:,} {name}" for name, count in data["images"].items())
    size = "×".join(map(str, data["image_shape"]))
    sigma = "" if model["sigma"] is None else f", σ = {model['sigma']:.4f}"
    bad = [f"- left out, damaged: {name}" for name in data["bad_files"]]
    names = list(dict.fromkeys(name for split in report["numbers"].values() for name in split))
    table = [f"| | {' | '.join(report['numbers'])} |", "|---" * (1 + len(report["numbers"])) + "|"]
    table += [
        f"| {name.replace('_', ' ')} | "
        + " | ".join(f"{split[name]:.5g}" if name in split else "" for split in report["numbers"].values())
        + " |"
        for name in names
    ]
    lines = [
        f"# {report['preset']}",
        "",
        f"Repeat with `{report['command']}`.",
        "",
        f"- data: {data['dataset']}, {size}, pixels {data['pixels']}; {counts} images",
        *(f"- {note}" for note in data["notes"]),
        *bad,
        f"- model: {model['trainable_parameters']:,} trainable parameters, {model['likelihood']}{sigma}; "
        f"latents: {model['latents']}",
        f"- training: {training['steps']:,} steps in {duration(training['seconds'])}, "
        f"{training['images_per_second']:,.0f} images/s, {training['epochs']} epochs"
        f"{' (stopped early)' if training['stopped_early'] else ''}, best epoch {training['best_epoch']}, "
        f"seed {training['seed']}",
        *(f"- {line}" for line in _sentences(report)),
        "",
        "With the best weights, β = 1; nats per image, errors per pixel on [0, 1]:",
        "",
        *table,
    ]
    return "\n".join(lines) + "\n"


def _sentences(report: dict[str, Any]) -> list[str]:
    """What is to be said besides, of runs that it is true of."""
    return [*prior_fitting.sentences(report), *code_costs.sentences(report), *input_wait.sentences(report)]


def closing(run: Run, report: dict[str, Any]) -> str:
    """What the user is told at the end: the numbers, and where everything is."""
    name, numbers = list(report["numbers"].items())[-1] if report["numbers"] else ("", {})
    words, nats = objective(numbers)
    bound = f"{name} {words} {nats:.2f} nats" if numbers else "no validation or test images"
    bits = f" = {numbers['bits_per_dim']:.3f} bits/dim" if "bits_per_dim" in numbers else ""
    folder = run.folder
    animations = [path for kind in pictures.KINDS if (path := folder / f"{kind}.gif").exists()]
    return "\n".join(
        [
            "",
            f"Done in {duration(report['training']['seconds'])}: {bound}{bits}",
            *(f"  {line}" for line in _sentences(report)),
            f"  pictures      {', '.join(map(str, animations))}, {run.pictures}",
            f"  curves        {folder / 'curves.png'} (and: tensorboard --logdir {folder.parent})",
            f"  report        {folder / 'report.md'}",
            f"  served model  {run.serving / str(report['serving_version'])}",
            f"  go on in Python with tfvae.load({str(folder)!r}); make more pictures with python vae_inference.py",
        ]
    )


def already_finished(run: Run) -> str:
    """What the user is told when the same command is given again."""
    return (
        f"{run.folder} is finished, and nothing was changed (report: {run.folder / 'report.md'}).\n"
        f"To train it again: add --overwrite (its export becomes the next version in {run.serving}).\n"
        f"To begin another run: add --name=NAME, and --init_from={run.folder} to start from these weights."
    )
