"""Our Adam against Keras': the same weights, step for step, and the same variables."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.training.adam import Adam

OPTIONS = [{}, {"amsgrad": True}, {"global_clipnorm": 0.1}, {"use_ema": True, "ema_momentum": 0.5}]


def _trained(optimizer, steps=25):
    variables = [keras.Variable(np.full(shape, 0.5, np.float32)) for shape in ((3, 4), (5,))]

    @tf.function
    def step(gradients):
        optimizer.apply(gradients, variables)

    optimizer.build(variables)
    rng = np.random.default_rng(0)
    for number in range(steps):
        scale = 10.0 ** -(number % 5)
        step([tf.constant(rng.normal(size=variable.shape) * scale, tf.float32) for variable in variables])
    return variables


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_is_keras_adam(options):
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 20)
    ours, theirs = (kind(schedule, **options) for kind in (Adam, keras.optimizers.Adam))
    for found, expected in zip(_trained(ours), _trained(theirs), strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=2e-5)
    for found, expected in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=2e-5)


def test_the_first_step_is_the_learning_rate_against_the_sign():
    variable = keras.Variable(np.zeros(3, np.float32))
    Adam(0.1, epsilon=1e-12).apply([tf.constant([5.0, -0.01, 1e-4])], [variable])
    np.testing.assert_allclose(variable.numpy(), [-0.1, 0.1, -0.1], rtol=1e-4)


def test_it_is_saved():
    config = keras.saving.serialize_keras_object(Adam(0.01, beta_2=0.9))
    assert isinstance(keras.saving.deserialize_keras_object(config), Adam)
