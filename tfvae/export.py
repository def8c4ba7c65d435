"""SavedModels that TensorFlow Serving can load, and that need nothing of ours to be used.

Every input and output has a batch axis, and a row's answer depends on that row alone: seeds are given by row.
"""

import re
import shutil
from pathlib import Path

import keras
import tensorflow as tf

from tfvae.folding import folded
from tfvae.models.base import AbstractVAE, Signature


def signatures(model: AbstractVAE) -> dict[str, Signature]:
    """Name → (function, input specs) of every signature that has a meaning for `model`."""
    images = tf.TensorSpec((None, *model.image_shape), tf.float32, name="images")
    latents = tf.TensorSpec((None, *model.latent_shape), tf.float32, name="latents")
    seed = tf.TensorSpec((None, 2), tf.int32, name="seed")
    temperature = tf.TensorSpec((None,), tf.float32, name="temperature")

    def reconstruct(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reconstructions": model.reconstruct(images)}

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        q = model.encode(images)
        return {"mean": q.mean(), "stddev": q.stddev()}

    def decode(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return model.decode_outputs(latents)

    def sample(seed: tf.Tensor, temperature: tf.Tensor) -> dict[str, tf.Tensor]:
        z = model.draw(seed, temperature)
        return {"images": model.decode(z).mean(), "latents": z}

    def score(images: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        terms = model.terms(images, row_noise(model, seed))
        kl = tf.reduce_sum(terms.kl, axis=-1)
        return {"elbo": terms.log_likelihood - kl, "log_likelihood": terms.log_likelihood, "kl": kl}

    of_a_prior = {"sample": (sample, [seed, temperature]), "score": (score, [images, seed])}
    return {
        "serving_default": (reconstruct, [images]),
        "encode": (encode, [images]),
        "decode": (decode, [latents]),
        **(of_a_prior if model.has_prior else {}),
        **model.own_signatures(),
    }


def row_noise(model: AbstractVAE, seeds: tf.Tensor) -> tf.Tensor:
    """Posterior noise (B, L) whose row i is a function of `seeds[i]` (int32 [B, 2]) alone."""
    return tf.map_fn(lambda seed: model.noise(1, seed)[0], seeds, fn_output_signature=tf.float32)


def export(model: AbstractVAE, folder: Path, number: int | None = None) -> Path:
    """Writes a numbered version of `model` below `folder`, and returns its path.

    It is written under another name and renamed when complete: a server watching `folder` never sees half of it.

    Args:
        model: what to serve.
        folder: of all versions.
        number: of the version, which is left alone if it is there; None: the next one.
    """
    version = folder / str(number or next_version(folder))
    if version.exists():
        return version
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{version.name}.partial"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        _write(model, temporary)
        temporary.rename(version)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return version


def _write(model: AbstractVAE, path: Path) -> None:
    # Not `archive.track(model)`: the endpoints bring what they use, and would bring it a second time.
    archive = keras.export.ExportArchive()
    for name, (function, specs) in signatures(model).items():
        archive.add_endpoint(name, function, input_signature=specs)
    with folded(model.networks()):  # traced here
        archive.write_out(str(path), verbose=False)


def next_version(folder: Path) -> int:
    """One more than the highest version number below `folder`."""
    return max(versions(folder), default=0) + 1


def versions(folder: Path) -> list[int]:
    """The version numbers of complete exports below `folder`."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if re.fullmatch(r"[1-9]\d*", name))
