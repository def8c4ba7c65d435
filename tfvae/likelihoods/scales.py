"""Where the scale σ of a location-scale likelihood comes from: one class per way.

Every σ that is not a plain number is held between `LOWEST` and `HIGHEST` (in units of [0, 1]), softly where a
gradient passes, so that σ → 0 on an image that the decoder gets exactly right gives no infinite density, and a wild
decoder no overflow. In between, the soft limits make σ larger by about `LOWEST`: nothing that training notices.
"""

import abc
import math

import keras
import tensorflow as tf

LOWEST = 1e-3  # a quarter of one 8-bit level: finer than the data can tell
HIGHEST = 10.0  # ten times the whole range of an image

# log σ is so many times the trained weight. Adam moves every weight by about its learning rate a step: at 1e-3, σ
# would need 2,000 steps to fall from 0.4 to 0.05, and short runs would end with a σ far above the errors.
LEARNING_BOOST = 10.0


def soft_limits(log_scale: tf.Tensor) -> tf.Tensor:
    """Maps any real log σ smoothly and monotonically into (log LOWEST, log HIGHEST)."""
    low, high = math.log(LOWEST), math.log(HIGHEST)
    above = low + tf.nn.softplus(log_scale - low)
    return high - (high - low) * tf.nn.softplus(high - above) / tf.nn.softplus(high - low)


class Scale(keras.layers.Layer, abc.ABC):
    """A way to get σ. `call` gives it for the densities, `current` as one number where there is one.

    Attributes:
        params_per_channel: how many decoder outputs per channel it reads besides the location.
        of_batch: whether σ is taken from the batch in training, by `observe`.
    """

    params_per_channel: int = 0
    of_batch: bool = False

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.built = True

    @abc.abstractmethod
    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """σ, broadcastable to (B, H, W, C).

        Args:
            raw: the decoder's further outputs, (B, H, W, params_per_channel·C).
        """

    def observe(self, deviation: tf.Tensor) -> tf.Tensor:
        """σ of this training batch, where it is taken from the batch itself.

        Args:
            deviation: scalar, the σ under which the batch is likeliest given its locations.
        """
        raise NotImplementedError(f"{type(self).__name__} is not taken from batches")

    def adapt(self, deviation: float) -> None:
        """Begins at a σ of about `deviation`."""

    def raw_of(self, deviation: float) -> float:
        """What `call` makes a σ of about `deviation` of, where it reads anything."""
        return math.log(deviation)

    def current(self) -> tf.Tensor | None:
        """σ as one number; None where it differs by pixel."""
        return self.call(tf.zeros(()))


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class FixedScale(Scale):
    """σ is the given number, with no limits applied."""

    def __init__(self, value: float, **kwargs) -> None:
        super().__init__(**kwargs)
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"scale is {value!r}: expected a positive number, in units of images in [0, 1]")
        self.value = value

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """See `Scale.call`."""
        del raw
        return tf.constant(self.value, tf.float32)


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class LearnedScale(Scale):
    """One σ shared by all pixels, trained with the networks (σ-VAE, Rybkin et al. 2021, section 3.1)."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        # Begins at σ ≈ 0.37, wide enough that the first steps are calm.
        self.log_scale = self.add_weight(name="log_scale", shape=(), initializer=_constant(-1.0 / LEARNING_BOOST))

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """See `Scale.call`."""
        del raw
        return tf.exp(soft_limits(LEARNING_BOOST * tf.convert_to_tensor(self.log_scale)))

    def adapt(self, deviation: float) -> None:
        """See `Scale.adapt`."""
        self.log_scale.assign(math.log(deviation) / LEARNING_BOOST)


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class OptimalScale(Scale):
    """The σ under which the batch is likeliest (σ-VAE, eq. 7); outside training, its stored running mean.

    The gradient needs no path through σ: at its optimum the derivative of the likelihood by σ is zero.
    """

    of_batch = True
    momentum = 0.99

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        # log σ is averaged, debiased as Adam's moments are: total/weight is right from the first step on.
        state = {"shape": (), "initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.total = self.add_weight(name="total", **state)
        self.weight = self.add_weight(name="weight", **state)

    def observe(self, deviation: tf.Tensor) -> tf.Tensor:
        """See `Scale.observe`."""
        # Hard limits, for soft ones would move σ off the optimum, and no gradient passes that could stop at an edge.
        log_scale = tf.math.log(tf.clip_by_value(tf.stop_gradient(deviation), LOWEST, HIGHEST))
        self.total.assign(self.momentum * self.total + (1 - self.momentum) * log_scale)
        self.weight.assign(self.momentum * self.weight + (1 - self.momentum))
        return tf.exp(log_scale)

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """See `Scale.call`."""
        del raw
        # Before any training the mean is 0/0: σ = 1 then.
        return tf.exp(tf.math.divide_no_nan(self.total + 0.0, self.weight + 0.0))


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class PixelScale(Scale):
    """A σ for each pixel and channel, read from the decoder."""

    params_per_channel = 1

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """See `Scale.call`."""
        return tf.exp(soft_limits(raw))

    def current(self) -> None:
        """See `Scale.current`."""
        return None


def _constant(value: float) -> keras.initializers.Initializer:
    return keras.initializers.Constant(value)


SCALES: dict[str, type[Scale]] = {
    "learned": LearnedScale,
    "optimal": OptimalScale,
    "per_pixel": PixelScale,
}


def get(scale: float | str, allowed: tuple[str, ...]) -> Scale:
    """The `Scale` for a number or one of the `allowed` names.

    Raises:
        ValueError: on anything else, naming what is allowed.
    """
    if isinstance(scale, str) and scale in allowed:
        return SCALES[scale]()
    if isinstance(scale, int | float) and not isinstance(scale, bool):
        return FixedScale(float(scale))
    raise ValueError(f"scale is {scale!r}: expected a positive number or one of {', '.join(allowed)}")
