"""Our layers against Keras' own, with the same weights: outputs, gradients, running averages."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.layers import BatchNormalization, Conv2D, Conv2DTranspose

# Size of the map, kernel, stride, channels in and out: one for each way of computing, and what lies between them.
CONVOLUTIONS = [
    ((4, 4), 3, 2, 256, 16),  # rows of two pixels
    ((8, 8), 3, 2, 128, 16),  # of four
    ((8, 6), 5, 1, 130, 7),
    ((5, 7), 3, 2, 128, 9),  # odd sizes
    ((2, 2), 3, 2, 128, 4),
    ((4, 4), 4, 2, 128, 16),
    ((4, 4), 4, 4, 128, 3),
    ((16, 16), 3, 2, 3, 8),  # images
    ((6, 6), 2, 2, 1, 4),
    ((9, 9), 5, 1, 3, 8),
    ((12, 12), 4, 4, 3, 8),
    ((8, 8), 3, 1, 16, 16),  # neither
]
NORMALISED = [(6, 32), (8, 8, 16), (4, 4, 3), (8, 8, 1), (5, 7, 3), (2, 2, 12)]


def _pair(ours, shape, *arguments, **options):
    """Our layer and Keras', with the same weights, drawn at random."""
    theirs = getattr(keras.layers, ours.__name__)(*arguments, **{k: v for k, v in options.items() if k != "normalised"})
    ours = ours(*arguments, **options)
    rng = np.random.default_rng(0)
    for layer in (ours, theirs):
        layer.build((None, *shape))
    weights = [rng.uniform(0.1, 1.0, variable.shape) * _scale(variable) for variable in ours.weights]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


def _scale(variable):
    return np.prod(variable.shape[:-1]) ** -0.5 if len(variable.shape) > 1 else 1.0


def _all_of(layer, x, **options):
    """Outputs, and the gradients of a sum with random weights in the input and in all weights."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(layer(x, **options), tf.float32)
        loss = tf.reduce_sum(y * tf.random.stateless_normal(tf.shape(y), [1, 2]))
    return [y, *tape.gradient(loss, [x, *layer.trainable_variables])]


def _assert_close(found, expected, tolerance):
    for one, other in zip(found, expected, strict=True):
        one, other = np.asarray(tf.cast(one, tf.float32)), np.asarray(tf.cast(other, tf.float32))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * max(1e-6, np.abs(other).max()))


def _images(shape, dtype="float32", batch=3):
    return tf.cast(np.random.default_rng(1).normal(size=(batch, *shape)), dtype)


@pytest.mark.parametrize(("size", "kernel", "stride", "channels", "filters"), CONVOLUTIONS, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_convolutions(size, kernel, stride, channels, filters, dtype, tolerance):
    shape = (*size, channels)
    ours, theirs = _pair(Conv2D, shape, filters, kernel, stride, "same", use_bias=False, dtype=_policy(dtype))
    _assert_close(_all_of(ours, _images(shape, dtype)), _all_of(theirs, _images(shape, dtype)), tolerance)


@pytest.mark.parametrize(("size", "kernel", "stride", "filters", "channels"), CONVOLUTIONS, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_transposed_convolutions(size, kernel, stride, filters, channels, dtype, tolerance):
    shape = (-(-size[0] // stride), -(-size[1] // stride), channels)
    ours, theirs = _pair(Conv2DTranspose, shape, filters, kernel, stride, "same", use_bias=False, dtype=_policy(dtype))
    _assert_close(_all_of(ours, _images(shape, dtype)), _all_of(theirs, _images(shape, dtype)), tolerance)


def _policy(dtype):
    return "mixed_bfloat16" if dtype == "bfloat16" else "float32"


@pytest.mark.parametrize("options", [{"padding": "valid"}, {"padding": "same", "dilation_rate": 2}], ids=str)
@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
def test_other_convolutions_are_keras_own(layer, options):
    ours, theirs = _pair(layer, (6, 6, 128), 4, 3, activation="relu", **options)
    _assert_close(_all_of(ours, _images((6, 6, 128))), _all_of(theirs, _images((6, 6, 128))), 1e-5)


@pytest.mark.parametrize("shape", NORMALISED, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_batch_normalisation(shape, training):
    ours, theirs = _pair(BatchNormalization, shape, momentum=0.9, epsilon=1e-3)
    x = 3.0 + 2.0 * _images(shape, batch=6)
    _assert_close(_all_of(ours, x, training=training), _all_of(theirs, x, training=training), 2e-5)
    _assert_close(ours.get_weights(), theirs.get_weights(), 1e-5)


def test_batch_normalisation_of_means_far_from_zero():
    """Squares of the values themselves would leave no digits of a variance of 1 beside a mean of 10,000."""
    ours, theirs = _pair(BatchNormalization, (4, 4, 3), epsilon=1e-5)
    x = 10_000.0 + _images((4, 4, 3), batch=16)
    _assert_close([ours(x, training=True)], [theirs(x, training=True)], 2e-3)


@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
def test_a_normalised_bias_is_added_and_not_learned(layer):
    ours, theirs = _pair(layer, (4, 4, 3), 5, 3, 2, "same", normalised=True)
    found, expected = _all_of(ours, _images((4, 4, 3))), _all_of(theirs, _images((4, 4, 3)))
    _assert_close(found[:-1], expected[:-1], 1e-5)
    assert not np.any(found[-1])


@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
def test_the_gradient_that_a_normalised_bias_is_spared_is_zero(layer):
    conv, norm = getattr(keras.layers, layer.__name__)(5, 3, 2, "same"), keras.layers.BatchNormalization()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(norm(conv(_images((4, 4, 3))), training=True) ** 3)
    kernel, bias = tape.gradient(loss, conv.trainable_variables)
    assert np.abs(bias).max() < 1e-4 * np.abs(kernel).max()


@pytest.mark.parametrize("layer", [Conv2D(4, 3, normalised=True), Conv2DTranspose(4, 3), BatchNormalization()], ids=str)
def test_layers_are_saved_and_weights_are_those_of_keras(layer, tmp_path):
    inputs = keras.Input((4, 4, 3))
    ours = keras.Model(inputs, layer(inputs))
    ours.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    config = {name: value for name, value in layer.get_config().items() if name != "normalised"}
    theirs = keras.Model(inputs, getattr(keras.layers, type(layer).__name__).from_config(config)(inputs))
    for one, other in ((ours, theirs), (theirs, ours)):
        one.set_weights([value + 1 for value in one.get_weights()])
        one.save_weights(tmp_path / "some.weights.h5")
        other.load_weights(tmp_path / "some.weights.h5")
        _assert_close(other.get_weights(), one.get_weights(), 0)
