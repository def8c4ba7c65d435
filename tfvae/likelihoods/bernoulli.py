"""Bernoulli likelihood of binary images."""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood, as_float32, independent


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class Bernoulli(Likelihood):
    """x ∈ {0, 1} for each pixel, from logits. A mass, so grey values must be binarised first.

    For grey values as they are use `ContinuousBernoulli`: cross-entropy on them is no likelihood.
    """

    support = "binary"

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """See `Likelihood.distribution`."""
        return independent(tfd.Bernoulli(logits=as_float32(params), dtype=tf.float32))
