"""How the covariances of a mixture's components are made: one class per way.

A component is Gaussian in coordinates u of which the latents are a linear function, z = A·u, where A is the identity
unless a way says otherwise.
"""

import abc

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

FLOOR = 1e-5  # of standard deviations, which softplus makes positive
WIDTH = 0.75**0.5  # a standard deviation at the start: with means drawn from N(0, 1/4), the whole has unit variance
RIDGE = 1e-4  # added to variances when fitting, in units of the mean one: no component shrinks onto one image


class Covariance(keras.layers.Layer, abc.ABC):
    """Σ_k of K components in L dimensions. `build((K, L))` makes its weights, for scales of `WIDTH`.

    Attributes:
        of_sklearn: what scikit-learn's mixture calls the covariances of u.
    """

    of_sklearn = ""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    @abc.abstractmethod
    def components(self, means: tf.Tensor) -> tfd.Distribution:
        """p(u|k): batch shape (K,), event shape (L,), with the given means (K, L)."""

    @abc.abstractmethod
    def spread(self, component: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Standard noise (L,) given the covariance of one component, in u."""

    @abc.abstractmethod
    def set_covariances(self, covariances: np.ndarray) -> None:
        """Takes over the covariances of u as scikit-learn has them: (K, L, L), or (K, L) where they are diagonal."""

    def axes(self) -> tfb.Bijector:
        """u → z."""
        return tfb.Identity()

    def fit_axes(self, latents: np.ndarray) -> np.ndarray:
        """Sets A to suit latents (N, L), and returns them in u."""
        return latents

    def _raw_weight(self, value: tf.Tensor, name: str) -> keras.Variable:
        shape = tuple(value.shape)
        return self.add_weight(shape=shape, initializer=lambda *_, **__: value, trainable=self.trainable, name=name)


class Diagonal(Covariance):
    """Σ_k = diag(s_k²): 2·L numbers a component with the mean."""

    of_sklearn = "diag"

    def build(self, shape: tuple[int, int]) -> None:
        """See `Covariance`."""
        raw = _positive().inverse(tf.fill(shape, tf.constant(WIDTH)))
        self._raw = self._raw_weight(raw, "raw_stddevs")

    def components(self, means: tf.Tensor) -> tfd.Distribution:
        """See `Covariance.components`."""
        return tfd.MultivariateNormalDiag(means, _positive().forward(tf.convert_to_tensor(self._raw)))

    def spread(self, component: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """See `Covariance.spread`."""
        return _positive().forward(tf.gather(tf.convert_to_tensor(self._raw), component)) * noise

    def set_covariances(self, covariances: np.ndarray) -> None:
        """See `Covariance.set_covariances`."""
        self._raw.assign(_positive().inverse(tf.cast(np.sqrt(covariances), tf.float32)))


class SemiTied(Diagonal):
    """Σ_k = A·diag(s_k²)·Aᵀ with one lower triangular A for all: a special case of semi-tied covariances (Gales 1999).

    The latents of a trained model are mostly correlated alike everywhere. L²/2 numbers say how, once, and a component
    costs no more than a diagonal one: few enough for thousands of images, and for hundreds of latents.

    Gales finds any A of the highest likelihood along with the components. Here A is the Cholesky factor of the
    covariance of all latents, found before them and left as it is: one step and no iterations, but not the highest
    likelihood, and with several components the density depends on the order of the latents.
    """

    def build(self, shape: tuple[int, int]) -> None:
        """See `Covariance`."""
        super().build(shape)
        packed = _triangular().inverse(tf.eye(shape[1]))
        self._raw_axes = self._raw_weight(packed, "raw_axes")

    def axes(self) -> tfb.Bijector:
        """See `Covariance.axes`."""
        return tfb.ScaleMatvecTriL(_triangular().forward(tf.convert_to_tensor(self._raw_axes)))

    def fit_axes(self, latents: np.ndarray) -> np.ndarray:
        """See `Covariance.fit_axes`. In u, all latents together have the unit covariance."""
        covariance = np.atleast_2d(np.cov(latents, rowvar=False))
        ridge = RIDGE * np.trace(covariance) / len(covariance)
        factor = np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))
        self._raw_axes.assign(_triangular().inverse(tf.cast(factor, tf.float32)))
        return np.linalg.solve(factor, latents.T).T


class Full(Covariance):
    """Σ_k of its own for every component: L²/2 numbers each, which takes tens of thousands of images at L = 128."""

    of_sklearn = "full"

    def build(self, shape: tuple[int, int]) -> None:
        """See `Covariance`."""
        count, size = shape
        packed = tf.tile(_triangular().inverse(WIDTH * tf.eye(size))[None], [count, 1])
        self._raw = self._raw_weight(packed, "raw_factors")

    def components(self, means: tf.Tensor) -> tfd.Distribution:
        """See `Covariance.components`."""
        return tfd.MultivariateNormalTriL(means, _triangular().forward(tf.convert_to_tensor(self._raw)))

    def spread(self, component: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """See `Covariance.spread`."""
        return tf.linalg.matvec(_triangular().forward(tf.gather(tf.convert_to_tensor(self._raw), component)), noise)

    def set_covariances(self, covariances: np.ndarray) -> None:
        """See `Covariance.set_covariances`."""
        self._raw.assign(_triangular().inverse(tf.cast(np.linalg.cholesky(covariances), tf.float32)))


COVARIANCES: dict[str, type[Covariance]] = {"semi_tied": SemiTied, "full": Full, "diagonal": Diagonal}


def _positive() -> tfb.Bijector:
    return tfb.Chain([tfb.Shift(FLOOR), tfb.Softplus()])


def _triangular() -> tfb.Bijector:
    """A packed vector (L·(L + 1)/2,) → a lower triangular matrix with a positive diagonal."""
    return tfb.FillScaleTriL(tfb.Softplus(), diag_shift=FLOOR)
