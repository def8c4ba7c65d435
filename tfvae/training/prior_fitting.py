"""A prior fitted to what a trained model encodes, in place of the one that it was trained with.

E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) bounds log p(x) for any p(z) that is fixed before x is seen, and the best p(z) for
it is the aggregate posterior, q(z|x) averaged over images (Hoffman and Johnson 2016, "ELBO surgery"). Samples then
come from where codes are (Ghosh et al. 2020, arXiv:1903.12436, "ex-post density estimation").
"""

import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.configuration import Config
from tfvae.datasets import pipeline
from tfvae.datasets.base import Source, Splits
from tfvae.durations import duration
from tfvae.files import save_arrays
from tfvae.models.vae import VAE
from tfvae.priors.base import Prior
from tfvae.progress import track
from tfvae.run_folder import Run
from tfvae.training import session

MAX_LATENTS = 50_000  # time and memory do not grow beyond
MAX_DRAWS = 4  # of each image: with few images, draws of the same tell the spread of q(z|x) more exactly
# Of noise: not those of training and of validation; and what is fitted to one kind of noise is compared on another.
FITTING_STREAM, GAIN_STREAM = 3, 4
DENSITY_BATCH = 1000  # latent vectors at once


def num_draws(num_images: int) -> int:
    """How many latents are drawn for each image, of which at most `MAX_LATENTS` are used."""
    return max(1, min(MAX_DRAWS, MAX_LATENTS // num_images))


def replace(model: VAE, prior: Prior, splits: Splits, config: Config, run: Run) -> tuple[VAE, dict[str, Any]]:
    """Fits `prior` to latents of the training images, and puts it in unless it does worse on validation images.

    Args:
        model: trained, with its best weights; it stays as it is.
        prior: not built yet.
        splits: of the data. Only training images are fitted to.
        config: resolved.
        run: where the weights go; none are stored if the trained prior is kept.

    Returns:
        The same networks under the fitted prior, or `model` if that is not the better one; and what a report says of
        it: the prior, the number of latents and of draws for each image, the seconds, for each other split the nats
        `gained` by image (the bound under the fitted prior less that under the trained one, and its standard error),
        and whether it is `used`. Without validation images it is.
    """
    began = time.monotonic()
    draws, part = num_draws(splits.train.num_images), splits.train.part(MAX_LATENTS, config.train.seed)
    latents = posterior_draws(model, part, config, draws, FITTING_STREAM)
    prior.build((None, *model.latent_shape))
    prior.fit(latents, config.train.seed, partial(track, label="fitting the prior", unit="round"))
    seconds = round(time.monotonic() - began, 1)
    others = {"validation": splits.validation, "test": splits.test}
    gained = {name: _gain(model, prior, source, config) for name, source in others.items() if source is not None}
    used = "validation" not in gained or gained["validation"]["nats"] > 0
    weights = prior.get_weights() if used else []
    save_arrays(run.fitted_prior, {f"{index:04d}": weight for index, weight in enumerate(weights)})
    return model.with_prior(prior) if used else model, {
        "prior": repr(config.model.fitted_prior),
        "latents": len(latents),
        "draws_per_image": draws,
        "seconds": seconds,
        "gained": gained,
        "used": used,
    }


def posterior_draws(model: VAE, source: Source, config: Config, draws: int, stream: int) -> np.ndarray:
    """z drawn from q(z|x) of every image, (N·draws, L), the draws of an image one after another."""
    specs = [tf.TensorSpec((None, *model.image_shape)), tf.TensorSpec((2,), tf.int32)]

    @partial(tf.function, input_signature=specs)
    def drawn(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        q = model.encode(images)
        noise = model.posterior.noise(tf.stack([draws, tf.shape(images)[0], *model.latent_shape]), seed)
        return tf.einsum("dbl->bdl", model.posterior.reparameterize(q, noise))

    batches = session.evaluation_batches(source, config)
    with pipeline.readable_errors():
        found = [
            drawn(images, model.noise_seed(stream, position)).numpy()
            for position, images in enumerate(track(batches, "encoding"))
        ]
    return np.concatenate(found).reshape(-1, *model.latent_shape)


def _gain(model: VAE, prior: Prior, source: Source, config: Config) -> dict[str, float]:
    """E_q[log p(z)] under the fitted prior less that under the trained one: all of the bound in which they differ."""
    latents = posterior_draws(model, source, config, 1, GAIN_STREAM)
    difference = _log_density(prior, latents) - _log_density(model.prior, latents)
    return {
        "nats": float(difference.mean()),
        "standard_error": float(difference.std() / max(len(difference) - 1, 1) ** 0.5),
    }


def _log_density(prior: Prior, latents: np.ndarray) -> np.ndarray:
    parts: Iterable[np.ndarray] = np.array_split(latents, -(-len(latents) // DENSITY_BATCH))
    return np.concatenate([np.asarray(prior(tf.constant(part)), np.float64) for part in parts])


def sentences(report: dict[str, Any]) -> list[str]:
    """What a report says of the prior that was fitted, if one was: how, and what it did to the bound."""
    fitted = report.get("fitted_prior")
    if not fitted:
        return []
    found = [
        f"prior: {fitted['prior']}, fitted after training to {fitted['latents']:,} latent vectors, "
        f"{fitted['draws_per_image']} of each image, in {duration(fitted['seconds'])}"
    ]
    if not fitted["used"]:
        gained = fitted["gained"]["validation"]
        return [
            *found,
            f"kept the prior of training: the fitted one loses {-gained['nats']:.2f} ± {gained['standard_error']:.2f} "
            f"nats on validation images",
        ]
    if "validation" not in fitted["gained"]:
        found.append("there are no validation images: nothing checked that the fitted prior is the better one")
    for name, gained in fitted["gained"].items():
        before = fitted["under_the_trained_prior"][name]["negative_elbo"]
        after = report["numbers"][name]["negative_elbo"]
        verdict = "" if gained["nats"] > 2 * gained["standard_error"] else ": it does not help"
        found.append(
            f"{name} −ELBO: {before:.2f} nats under the prior of training, {after:.2f} under the fitted one, "
            f"which gains {gained['nats']:.2f} ± {gained['standard_error']:.2f}{verdict}"
        )
    return found
