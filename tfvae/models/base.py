"""The training step, the validation step and their metrics: written once for every model."""

import abc
import math
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_probability import distributions as tfd

from tfvae import objectives
from tfvae.models.metrics import ActiveUnits
from tfvae.schedules.base import KLWeight
from tfvae.schedules.constant import Constant

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"Keras runs on {keras.backend.backend()!r}, and tfvae on TensorFlow: set KERAS_BACKEND=tensorflow "
        f"before the first import of keras"
    )

# What the noise of a step is for: the streams never meet, whatever the step.
TRAIN_STREAM, TEST_STREAM = 1, 2

Array = NDArray[Any]
Signature = tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]  # a function, and what it takes


class Terms(NamedTuple):
    """What a model says of a batch of B images, per example.

    Attributes:
        log_likelihood: log p(x|z) in nats at z drawn from q(z|x), (B,).
        kl: KL(q(z|x) ‖ p(z)) in nats, (B, L) by latent, or (B, 1) where it has no sum over latents; zero of a model
            that has no prior.
        latent_mean: the mean of q(z|x), (B, L), or (B, h, w, D) where latents are maps.
        squared_error: (x − E[x|z])² averaged over the pixel values, in units of [0, 1], (B,).
        added: what the objective has in training besides, in nats, (B,); zero of most models.
        codes: which of its codes stands at each place, int32 (B, h, w), of a model that has codes.
    """

    log_likelihood: tf.Tensor
    kl: tf.Tensor
    latent_mean: tf.Tensor
    squared_error: tf.Tensor
    added: tf.Tensor
    codes: tf.Tensor | None = None


class AbstractVAE(keras.Model, abc.ABC):
    """A Keras model trained on E_q[log p(x|z)] − β·KL(q(z|x) ‖ p(z)), in nats, averaged over the batch.

    A subclass says what the terms of the bound are, how to encode, decode and sample. Noise is a function of
    (seed, optimiser step) alone, so that a resumed run is the same run and nothing hidden needs saving.

    Args:
        kl_weight: β and its course over the steps; None: β = 1. Validation always uses β = 1.
        seed: of the noise.

    Attributes:
        has_prior: whether there is a p(z), and with it a KL, a bound and samples; without, the objective is
            log p(x|z) alone. A literal, for configurations are checked from the source.
        quantized: whether its latents are maps of codes, which need a quantiser, and a network of such latents; a
            literal too.
        first_stage_family: the family of the finished run that a model of this one is trained on top of, by its
            name; "": it stands alone. A literal too.
    """

    has_prior = True
    quantized = False
    first_stage_family = ""

    def __init__(self, kl_weight: KLWeight | None = None, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kl_weight = kl_weight or Constant()
        self.seed = seed
        self._trackers = {
            name: keras.metrics.Mean(name)
            for name in ("loss", "negative_elbo", "reconstruction", "kl", "mse", "beta", "sigma", "gradient_norm")
        }

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes what depends on the size of the latents; a subclass calls it when its parts are there."""
        del input_shape
        self._active_units = ActiveUnits(math.prod(self.latent_shape))
        self.built = True

    # What a subclass fills in.

    @property
    @abc.abstractmethod
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C)."""

    @property
    @abc.abstractmethod
    def latent_shape(self) -> tuple[int, ...]:
        """(L,), or more axes where latents have them."""

    @abc.abstractmethod
    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """q(z|x): batch shape (B,), event shape `latent_shape`. Its `mean()` is the deterministic code."""

    @abc.abstractmethod
    def decode(self, latents: Any, training: bool = False) -> tfd.Distribution:
        """p(x|z): batch shape (B,), event shape (H, W, C), in nats."""

    @abc.abstractmethod
    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
        """Latents (B, L) from the prior; row i depends on `seeds[i]` (int32 [B, 2]) and `temperatures[i]` only.

        Raises:
            NoPriorError: of a model that has none; so do `log_weights`, `sample` and `elbo`.
        """

    @abc.abstractmethod
    def terms(self, images: tf.Tensor, noise: Any, training: bool = False) -> Terms:
        """The terms of the bound for x (B, H, W, C), with z reparameterised from `noise`. Runs each network once."""

    @abc.abstractmethod
    def noise(self, batch_size: Any, seed: tf.Tensor) -> Any:
        """What `terms` needs to draw z for so many images: a function of `seed` (int32 [2])."""

    @abc.abstractmethod
    def log_weights(self, images: tf.Tensor, num_samples: int, seed: tf.Tensor) -> tf.Tensor:
        """log p(x, z) − log q(z|x) in nats for K draws of z from q(z|x), (B, K); Burda et al. 2016, eq. 8.

        The mean of their exponentials is an unbiased estimate of p(x) if q(z|x) is positive everywhere, and of a part
        of it if q(z|x) is bounded.
        """

    def decode_outputs(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """What the `decode` signature gives for latents (B, L): `images`, and whatever else the likelihood has."""
        return {"images": self.decode(latents).mean()}

    def scale(self) -> tf.Tensor | None:
        """The likelihood's σ as one number, if it has one."""
        return None

    @abc.abstractmethod
    def networks(self) -> list[keras.Model]:
        """The networks, in the order that data passes them."""

    def observe(self, terms: Terms) -> dict[str, tf.Tensor]:
        """Takes note of how a batch uses the latents, and gives what that says of the epoch so far, by name."""
        self._active_units.update_state(terms.latent_mean)
        return {"active_units": self._active_units.result()}

    @property
    def num_classes(self) -> int:
        """Of the labels that it learns from beside the images; 0 of most models, which need none."""
        return 0

    def training_terms(self, data: Any, noise: Any) -> Terms:
        """The terms of a training step on a batch: images, or a tuple of them and labels, which most models ignore."""
        return self.terms(images_of(data), noise, training=True)

    def statistics(self) -> dict[str, Array]:
        """What pictures need to know of the images that `evaluate` has seen last, by name; kept with a run."""
        return {}

    def adapt(self, images: Callable[[int], Array]) -> None:
        """Sets the first weights by what the training images are like; most models do not.

        Args:
            images: reads at most so many training images, (N, H, W, C) in [0, 1], as the model sees them.
        """

    def own_signatures(self) -> dict[str, Signature]:
        """Signatures of an export that this family has besides those of all, or in their place, by name."""
        return {}

    def latents_in_words(self) -> str:
        """How many latents there are."""
        return str(math.prod(self.latent_shape))

    # What every model can do.

    def sample(self, num_images: int, seed: int | None = None, temperature: float = 1.0) -> tf.Tensor:
        """Images generated from the prior: means of p(x|z), (num_images, H, W, C) in [0, 1].

        Args:
            num_images: how many.
            seed: the same seed gives the same images, however many are asked for; None draws a new one.
            temperature: multiplies the prior's spread; below 1 is more typical and less varied.
        """
        seed = secrets.randbelow(2**31) if seed is None else seed
        seeds = tf.stack([tf.fill([num_images], seed), tf.range(num_images)], axis=1)
        return self.decode(self.draw(seeds, tf.fill([num_images], float(temperature)))).mean()

    def reconstruct(self, images: Any) -> tf.Tensor:
        """The mean of p(x|z) at the mean of q(z|x), (B, H, W, C) in [0, 1]; deterministic."""
        return self.decode(self.encode(images).mean()).mean()

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Deterministic outputs as tensors, for `predict` and symbolic calls: the code and the reconstruction."""
        posterior = self.encode(images, training=training)
        latents = posterior.mean()
        return {
            "mean": latents,
            "stddev": posterior.stddev(),
            "reconstructions": self.decode(latents, training=training).mean(),
        }

    def elbo(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The evidence lower bound in nats with one draw of z per image, (B,)."""
        if not self.has_prior:
            raise NoPriorError(self)
        terms = self.terms(images, self.noise(tf.shape(images)[0], seed))
        return terms.log_likelihood - tf.reduce_sum(terms.kl, axis=-1)

    # Training.

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One optimiser step on −ELBO with the KL weight of this step. See `keras.Model.train_step`."""
        step = tf.convert_to_tensor(self.optimizer.iterations)  # a copy: the variable counts on below
        with tf.GradientTape() as tape:
            noise = self.noise(tf.shape(images_of(data))[0], self.noise_seed(TRAIN_STREAM, step))
            terms = self.training_terms(data, noise)
            losses = self.kl_weight.penalty(terms.kl, step) - terms.log_likelihood + terms.added  # (B,)
            # Gradients are summed over replicas, each of which sees its share of the batch.
            loss = tf.reduce_mean(losses) / tf.distribute.get_strategy().num_replicas_in_sync
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self._trackers["beta"].update_state(self.kl_weight.weight(step))
        self._trackers["gradient_norm"].update_state(tf.linalg.global_norm(gradients))
        return self._track(terms, losses, TRAIN_METRICS)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The bound at β = 1 without training. See `keras.Model.test_step`."""
        images = images_of(data)
        # The count of images seen tells the batches of one pass apart, and is the same in every pass.
        seen = tf.cast(self._trackers["loss"].count, tf.int32)
        noise = self.noise(tf.shape(images)[0], self.noise_seed(TEST_STREAM, seen))
        terms = self.terms(images, noise, training=False)
        return self._track(terms, objectives.negative_elbo(terms.log_likelihood, tf.reduce_sum(terms.kl, -1)), ())

    def noise_seed(self, stream: int, position: int | tf.Tensor) -> tf.Tensor:
        """The seed (int32 [2]) of the noise at a position in a stream: another for each of them."""
        seed = tf.constant([self.seed, stream], tf.int32)
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:  # else each would draw the same for its share
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            seed = tf.random.experimental.stateless_fold_in(seed, replica)  # pyright: ignore[reportAttributeAccessIssue]
        return tf.random.experimental.stateless_fold_in(seed, tf.cast(position, tf.int32))  # pyright: ignore[reportAttributeAccessIssue]

    def _track(self, terms: Terms, losses: tf.Tensor, further: tuple[str, ...]) -> dict[str, tf.Tensor]:
        kl = tf.reduce_sum(terms.kl, axis=-1)  # (B,)
        per_example = {
            "loss": losses,
            "negative_elbo": objectives.negative_elbo(terms.log_likelihood, kl),
            "reconstruction": -terms.log_likelihood,
            "kl": kl,
            "mse": terms.squared_error,
        }
        if not self.has_prior:
            per_example = {name: values for name, values in per_example.items() if name not in OF_A_PRIOR}
            further = tuple(name for name in further if name not in OF_A_PRIOR)
        # Vectors, not their means: a short last batch is then weighed right.
        for name, values in per_example.items():
            self._trackers[name].update_state(values)
        of_latents = self.observe(terms)
        scale = self.scale()
        if scale is not None:
            self._trackers["sigma"].update_state(scale)
            further = (*further, "sigma")
        logs = {name: self._trackers[name].result() for name in (*per_example, *further)}
        return {**logs, **of_latents}

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """See `keras.Model.fit`. `x` is a dataset of images, or an array (N, H, W, C) in [0, 1].

        Raises:
            ValueError: if `x` is an array that is not of images in [0, 1].
        """
        self._check_images(x)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """See `keras.Model.evaluate`, and `fit` for `x`."""
        self._check_images(x)
        return super().evaluate(x, *args, **kwargs)

    def _check_images(self, images: Any) -> None:
        if not isinstance(images, np.ndarray):
            return
        if images.shape[1:] != self.image_shape:
            raise ValueError(f"images of shape {images.shape}: expected (N, {', '.join(map(str, self.image_shape))})")
        if not len(images):
            raise ValueError("there are no images: the array is empty")
        low, high = images.min(), images.max()
        if not np.issubdtype(images.dtype, np.floating) or not (low >= 0 and high <= 1):
            raise ValueError(
                f"images of type {images.dtype} from {low} to {high}: expected floats in [0, 1]; "
                f"8-bit images are divided by 255 first"
            )

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        return {
            "name": self.name,
            "kl_weight": keras.saving.serialize_keras_object(self.kl_weight),
            "seed": self.seed,
        }


TRAIN_METRICS = ("beta", "gradient_norm")
OF_A_PRIOR = ("negative_elbo", "kl", "beta")  # have no meaning for a model without one


class NoPriorError(NotImplementedError):
    """What was asked for needs a p(z), and the model has none.

    Args:
        model: asked.
    """

    def __init__(self, model: AbstractVAE) -> None:
        super().__init__(f"{type(model).__name__} has no prior p(z): it can neither sample nor bound log p(x)")


def images_of(data: Any) -> tf.Tensor:
    """The images of a batch: the batch itself, or the first of a tuple.

    Raises:
        ValueError: if they are not floats.
    """
    images = data[0] if isinstance(data, tuple | list) else data
    if not images.dtype.is_floating:
        raise ValueError(f"images are {images.dtype.name}: expected floats in [0, 1]; divide 8-bit images by 255 first")
    return images
