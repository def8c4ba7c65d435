"""Batch normalisation merged into the layer before it: the same numbers from fewer layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae import export
from tfvae.folding import fold, folded
from tfvae.models import VAE
from tfvae.networks import MLP, NETWORKS, HalvingConv

SHAPE = (16, 16, 3)


def disturbed(network, seed=0):
    """The network with other weights and moving averages than it begins with, so that every one of them matters."""
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        weight.assign(
            weight + rng.uniform(0.1, 0.6, weight.shape).astype(np.float32) * np.float32(np.std(weight) + 0.3)
        )
    return network


def norms(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


def inputs(network, rows=3):
    return np.random.default_rng(1).random((rows, *network.input_shape[1:])).astype(np.float32)


def assert_close(found, expected):
    expected = np.asarray(expected)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_computes_the_same(name):
    family, latents = NETWORKS[name](), 1856 if name == "skip_conv" else 4
    for network in (family.encoder(SHAPE, 2 * latents), family.decoder(latents, SHAPE)):
        disturbed(network)
        x = inputs(network)
        assert_close(fold(network)(x, training=False), network(x, training=False))


def test_normalisation_after_convolutions_is_gone():
    family = HalvingConv((8, 16), output="batch_norm")
    for network in (family.encoder(SHAPE, 8), family.decoder(4, SHAPE)):
        assert norms(network)
        assert not norms(fold(network))


def layers_between(*layers, shape=(6, 6, 4)):
    x = inputs = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    return disturbed(keras.Model(inputs, x))


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.3}])
@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.Conv2D(5, 3, use_bias=False),
        lambda: keras.layers.Conv2DTranspose(5, 3, strides=2),
        lambda: keras.layers.Dense(5, use_bias=False),
    ],
)
def test_layers_and_options(layer, options):
    network = layers_between(layer(), keras.layers.BatchNormalization(**options), keras.layers.ReLU())
    copy, x = fold(network), inputs(network)
    assert not norms(copy)
    assert_close(copy(x), network(x, training=False))


def test_what_cannot_be_merged_stays():
    kept = [
        layers_between(keras.layers.Conv2D(5, 3, activation="relu"), keras.layers.BatchNormalization()),
        layers_between(keras.layers.BatchNormalization(), keras.layers.Conv2D(5, 3)),
        layers_between(keras.layers.Conv2D(6, 3), keras.layers.BatchNormalization(axis=1)),
        layers_between(keras.layers.Conv2D(5, 3), keras.layers.ReLU(), keras.layers.BatchNormalization()),
        layers_between(keras.layers.Conv2D(5, 3, dtype="mixed_bfloat16"), keras.layers.BatchNormalization()),
    ]
    for network in kept:
        x = inputs(network)
        assert len(norms(fold(network))) == 1
        assert_close(fold(network)(x), network(x, training=False))


def test_values_that_something_else_sees_stay():
    start = keras.Input((6, 6, 4))
    seen = keras.layers.Conv2D(4, 3)(start)
    normal = keras.layers.BatchNormalization()(seen)
    for outputs in ([keras.layers.Add()([seen, normal])], [seen, normal], [seen[:, :2] + normal[:, 1:3]]):
        network = disturbed(keras.Model(start, outputs))
        x = inputs(network)
        for found, expected in zip(
            keras.tree.flatten(fold(network)(x)), keras.tree.flatten(network(x, training=False)), strict=True
        ):
            assert_close(found, expected)


def test_a_network_that_is_no_graph_is_given_back():
    class Own(keras.Model):
        def call(self, x):
            return x

    network = Own()
    assert fold(network) is network


def test_the_networks_are_as_before_after_the_block():
    network = disturbed(HalvingConv((8,)).encoder(SHAPE, 8))
    weights, x = network.get_weights(), inputs(network)
    before, in_training = np.asarray(network(x, training=False)), np.asarray(network(x, training=True))
    network.set_weights(weights)
    with folded([network]):
        assert_close(network(x, training=False), before)
        assert_close(network(x, training=True), before)
    for found, expected in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(network(x, training=False), before)
    np.testing.assert_array_equal(network(x, training=True), in_training)


def test_a_failure_inside_puts_the_networks_back():
    network = MLP((4,)).encoder(SHAPE, 4)
    with pytest.raises(RuntimeError, match="inside"), folded([network]):
        raise RuntimeError("inside")
    assert "call" not in vars(network)


def test_what_is_served_has_no_normalisation_left(tmp_path):
    family = HalvingConv((8, 16), output="batch_norm")
    model = VAE(disturbed(family.encoder(SHAPE, 8)), disturbed(family.decoder(4, SHAPE)))
    images = np.random.default_rng(2).random((3, *SHAPE)).astype(np.float32)
    expected = model.reconstruct(images).numpy()
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    assert_close(served["serving_default"](images=tf.constant(images))["reconstructions"], expected)
    for signature in ("encode", "decode"):
        functions = served[signature].graph.as_graph_def().library.function
        assert {"Rsqrt", "FusedBatchNormV3"}.isdisjoint(node.op for function in functions for node in function.node_def)
