"""A mixture of Gaussians as the prior."""

import warnings
from collections.abc import Callable, Iterable
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from threadpoolctl import threadpool_limits

from tfvae.priors.base import Prior
from tfvae.priors.covariances import COVARIANCES, RIDGE, WIDTH

LEAST_PER_COMPONENT = 10  # images, below which a component says more of chance than of them
ROUNDS, ROUND = 20, 5  # at most so many times so many iterations of expectation maximisation
TOLERANCE = 1e-3  # nats per latent vector that an iteration must gain


@keras.saving.register_keras_serializable("tfvae.priors")
class Mixture(Prior):
    """p(z) = Σ_k π_k·N(z; μ_k, Σ_k), learned in training or fitted afterwards to what a trained model encodes.

    `temperature` multiplies each component's spread about its own mean; the weights π stay as they are, so 0 gives the
    means and not their average.

    Args:
        components: K.
        covariance: of Σ_k: "semi_tied", "full" or "diagonal"; see `tfvae.priors.covariances`.
    """

    learned = True
    fittable = True
    limits = (("components", 1, 1000),)

    def __init__(
        self, components: int = 20, covariance: Literal["semi_tied", "full", "diagonal"] = "semi_tied", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        if covariance not in COVARIANCES:
            raise ValueError(f"covariance is {covariance!r}: expected one of {', '.join(COVARIANCES)}")
        self.components = components
        self.covariance = covariance
        self._spreads = COVARIANCES[covariance](trainable=self.trainable, name="spreads")

    def build(self, latent_shape: tuple[int | None, ...]) -> None:
        """See `Prior.build`. The means are drawn at random: equal components would stay equal."""
        super().build(latent_shape)
        if self.built:
            return
        shape = (self.components, self.latent_dim)
        self._logits = self.add_weight(
            shape=(self.components,),
            initializer="zeros",
            trainable=self.trainable and self.components > 1,  # one is all, whatever its weight
            name="logits",
        )
        self._means = self.add_weight(
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=(1 - WIDTH**2) ** 0.5),
            trainable=self.trainable,
            name="means",
        )
        self._spreads.build(shape)

    def distribution(self) -> tfd.Distribution:
        """See `Prior.distribution`."""
        mixture = tfd.MixtureSameFamily(
            tfd.Categorical(logits=tf.convert_to_tensor(self._logits)),
            self._spreads.components(tf.convert_to_tensor(self._means)),
        )
        axes = self._spreads.axes()
        return mixture if isinstance(axes, tfb.Identity) else tfd.TransformedDistribution(mixture, axes)

    def draw(self, seed: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """See `Prior.draw`."""
        which, where = tf.unstack(tf.random.experimental.stateless_split(seed, 2))  # pyright: ignore[reportAttributeAccessIssue]
        component = tf.random.stateless_categorical(tf.convert_to_tensor(self._logits)[None], 1, which)[0, 0]
        noise = tf.random.stateless_normal([self.latent_dim], where)
        mean = tf.gather(tf.convert_to_tensor(self._means), component)
        return self._spreads.axes().forward(mean + temperature * self._spreads.spread(component, noise))

    @property
    def least_images(self) -> int:
        """See `Prior.least_images`."""
        return LEAST_PER_COMPONENT * self.components

    def fit(self, latents: np.ndarray, seed: int, progress: Callable[[Iterable[int]], Iterable[int]] = iter) -> None:
        """See `Prior.fit`. Expectation maximisation from the clusters of k-means, in double precision.

        It ends at a local maximum, and of semi-tied covariances A is no part of it: see `SemiTied`.
        """
        if len(latents) < self.least_images:
            raise ValueError(
                f"{len(latents)} latent vectors are too few for {self.components} components: expected those of at "
                f"least {self.least_images} images"
            )
        # One thread: k-means adds up in the order in which threads finish, and a run must be what it was.
        with threadpool_limits(1):
            inner = self._spreads.fit_axes(np.asarray(latents, np.float64))
            found = self._maximised(inner, seed, progress)
            self._logits.assign(np.log(np.maximum(found.weights_, np.finfo(np.float32).tiny)))
            self._means.assign(found.means_)
            self._spreads.set_covariances(found.covariances_)

    def _maximised(
        self, inner: np.ndarray, seed: int, progress: Callable[[Iterable[int]], Iterable[int]]
    ) -> GaussianMixture:
        mixture = GaussianMixture(
            self.components,
            covariance_type=self._spreads.of_sklearn,
            tol=TOLERANCE,
            reg_covar=RIDGE * inner.var(axis=0).mean(),
            max_iter=ROUND,
            random_state=seed,
            warm_start=True,  # a round goes on where the last one stopped
        )
        for _ in progress(range(ROUNDS)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                mixture.fit(inner)
            if mixture.converged_:
                break
        return mixture

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "components": self.components, "covariance": self.covariance}
