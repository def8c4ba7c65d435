"""A trained model as functions of NumPy arrays."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import runs
from tfvae.configuration import Config
from tfvae.evaluation.functions import Functions
from tfvae.evaluation.subject import BATCH
from tfvae.models.base import AbstractVAE
from tfvae.models.two_stage import TwoStage
from tfvae.models.vqvae import VQVAE
from tfvae.progress import track
from tfvae.run_folder import Run


def restore(run: Run, config: Config) -> Functions:
    """The functions of a finished run, with its best weights."""
    return functions_of(runs.restore(run, config))


def functions_of(model: AbstractVAE) -> Functions:
    """The functions of a built model; each is compiled when it is first called."""
    encode = _compiled(lambda images: (lambda q: (q.mean(), q.stddev()))(model.encode(images)))
    decode = _compiled(lambda latents: model.decode_outputs(latents)["images"])
    draw = _compiled(lambda seeds: model.draw(seeds, tf.ones(tf.shape(seeds)[0])))

    @_compiled
    def bound(images: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        terms = model.terms(images, model.noise(tf.shape(images)[0], seed))
        return terms.log_likelihood, terms.kl

    weights = _compiled(model.log_weights)

    def prior(num_images: int, seed: int) -> np.ndarray:
        seeds = np.stack([np.full(num_images, seed), np.arange(num_images)], axis=1).astype(np.int32)
        starts = range(0, num_images, BATCH)
        return np.concatenate([draw(seeds[start : start + BATCH]) for start in track(starts, "drawing from the prior")])

    return Functions(
        encode=encode,
        reconstruct=_compiled(model.reconstruct),
        decode=decode,
        bound=lambda images, seed: bound(images, _pair(seed)),
        log_weights=lambda images, num_samples, seed: weights(images, num_samples, _pair(seed)),
        prior=prior,
        floats_per_decode=_floats(model),
        **(_of_codes(model) if isinstance(model, VQVAE | TwoStage) else {}),
    )


def _of_codes(model: VQVAE | TwoStage) -> dict[str, Any]:
    @_compiled
    def codes(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = model.encode_codes(images)
        return found, model.quantizer.lookup(found)

    return {"codes": codes, "num_codes": model.num_codes}


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Arrays in, arrays out; one graph for all sizes of batch."""
    graph = tf.function(function, reduce_retracing=True)

    def call(*arguments: Any) -> Any:
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), graph(*arguments))

    return call


def _pair(seed: int) -> np.ndarray:
    """Two numbers of 31 bits, as stateless random numbers take them, from one number of any size."""
    return np.array([seed % 2**31, seed // 2**31 % 2**31], np.int32)


def _floats(model: AbstractVAE) -> int:
    decoder = model.networks()[-1]
    return sum(math.prod(layer.output.shape[1:]) for layer in decoder.layers)
