"""What likelihoods with a location in [0, 1] and a scale have in common."""

import abc
from typing import ClassVar, Literal

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods import scales
from tfvae.likelihoods.base import Likelihood, as_float32, independent
from tfvae.registry import Limits, limit_faults

# Both map the real line onto (0, 1), so that means lie there by construction. They differ by a factor of two in
# the argument, which matters only for the speed of learning: tanh is what networks on [−1, 1] images use.
LOCATIONS = {"sigmoid": tf.nn.sigmoid, "tanh": lambda raw: 0.5 * (tf.nn.tanh(raw) + 1.0)}
PER_LOGIT = {"sigmoid": 1.0, "tanh": 0.5}  # the argument that gives the mean sigmoid(1)


class LocationScale(Likelihood):
    """p(x|z) = ∏ f((x − m)/σ)/σ with m in (0, 1) from the decoder.

    A subclass gives the family and, where it allows the "optimal" scale, the statistic that finds it.

    Args:
        scale: a number, or the name of one of the ways in `scales.SCALES` that `scale_names` lists.
        location: how the decoder's output becomes m: "sigmoid", or "tanh" mapped to [0, 1].
    """

    scale_names: tuple[str, ...] = ("learned", "optimal", "per_pixel")
    limits: ClassVar[Limits] = ()  # of numeric arguments; a literal, for configurations are checked from the source

    def __init__(
        self,
        scale: float | str = "learned",
        location: Literal["sigmoid", "tanh"] = "sigmoid",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if location not in LOCATIONS:
            raise ValueError(f"location is {location!r}: expected one of {', '.join(LOCATIONS)}")
        self.scale_argument = scale
        self.location = location
        self.scales = scales.get(scale, self.scale_names)
        found = limit_faults(self.limits, {"scale": scale})
        if found:
            raise ValueError(f"{found[0]}, in units of images in [0, 1]")
        self.params_per_channel = 1 + self.scales.params_per_channel

    @abc.abstractmethod
    def family(self, location: tf.Tensor, scale: tf.Tensor) -> tfd.Distribution:
        """The distribution of single pixels, batch shape (B, H, W, C)."""

    def deviation(self, error: tf.Tensor) -> tf.Tensor:
        """The σ, a scalar, under which errors x − m of shape (B, H, W, C) are likeliest; for the "optimal" scale."""
        raise NotImplementedError(f"{type(self).__name__} has no closed form of the likeliest scale")

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """See `Likelihood.distribution`."""
        location, raw = self._split(params)
        return independent(self.family(location, self.scales(raw)))

    def log_prob(self, images: tf.Tensor, params: tf.Tensor, training: bool = False) -> tf.Tensor:
        """See `Likelihood.log_prob`."""
        images = tf.cast(images, tf.float32)
        location, raw = self._split(params)
        of_batch = training and self.scales.of_batch
        scale = self.scales.observe(self.deviation(images - location)) if of_batch else self.scales(raw)
        return independent(self.family(location, scale)).log_prob(images)

    def point(self, params: tf.Tensor) -> tf.Tensor:
        """See `Likelihood.point`: the location m."""
        return self._split(params)[0]

    def params_of(self, logits: np.ndarray, deviation: float) -> np.ndarray:
        """See `Likelihood.params_of`."""
        raw = np.full(logits.shape, self.scales.raw_of(deviation))
        return np.concatenate([PER_LOGIT[self.location] * logits, *[raw] * self.scales.params_per_channel], axis=-1)

    def adapt(self, deviation: float) -> None:
        """See `Likelihood.adapt`."""
        self.scales.adapt(deviation)

    def scale(self) -> tf.Tensor | None:
        """See `Likelihood.scale`."""
        return self.scales.current()

    def _split(self, params: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        location, *raw = tf.split(as_float32(params), self.params_per_channel, axis=-1)
        return LOCATIONS[self.location](location), tf.concat(raw, axis=-1) if raw else tf.zeros(())

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "scale": self.scale_argument, "location": self.location}
