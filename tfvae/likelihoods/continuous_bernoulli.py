"""Continuous Bernoulli likelihood of grey or colour images."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood, as_float32, independent


@keras.saving.register_keras_serializable("tfvae.likelihoods")
class ContinuousBernoulli(Likelihood):
    """The density on [0, 1] whose shape is cross-entropy, normalised (Loaiza-Ganem and Cunningham, 2019, eq. 3).

    The mean is not the sigmoid of the logits but its image under eq. 8 there, which stays in (0, 1).
    """

    def distribution(self, params: tf.Tensor) -> tfd.Distribution:
        """See `Likelihood.distribution`."""
        return independent(tfd.ContinuousBernoulli(logits=as_float32(params)))

    def params_of(self, logits: np.ndarray, deviation: float) -> np.ndarray:
        """See `Likelihood.params_of`: near 1/2, where the mean is 1/2 + η/12, and the sigmoid 1/2 + η/4."""
        del deviation
        return 3 * logits
