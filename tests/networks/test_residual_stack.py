"""The network of the reference VQ-VAE."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfvae.networks import ResidualStack


def sizes(network):
    """(output shape, trainable parameters) of each layer that has any."""
    return [
        (tuple(layer.output.shape[1:]), sum(math.prod(weight.shape) for weight in layer.trainable_weights))
        for layer in network.layers
        if layer.trainable_weights
    ]


# reference-systems.md, section 4.4.
BLOCKS = [((8, 8, 32), 36_864), ((8, 8, 128), 4_096)] * 2
ENCODER = [((16, 16, 64), 3_136), ((8, 8, 128), 131_200), ((8, 8, 128), 147_584), *BLOCKS, ((8, 8, 64), 8_256)]
DECODER = [((8, 8, 128), 73_856), *BLOCKS, ((16, 16, 64), 131_136), ((32, 32, 3), 3_075)]


def test_layers_and_parameters_are_the_reference_s():
    network = ResidualStack()
    found = sizes(network.encoder((32, 32, 3), 64)), sizes(network.decoder(64, (32, 32, 3)))
    assert found == (ENCODER, DECODER)
    assert sum(count for table in found for _, count in table) == 662_083


@pytest.mark.parametrize("shape", [(5, 7, 1), (28, 28, 1), (9, 16, 3)])
@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_each_halving_halves_the_sides_of_the_maps(halvings, shape, rng):
    network = ResidualStack(hidden=4, residual=2, halvings=halvings)
    encoder, decoder = network.encoder(shape, 3), network.decoder(3, shape)
    expected = (*(math.ceil(side / 2**halvings) for side in shape[:2]), 3)
    assert encoder.output_shape[1:] == decoder.input_shape[1:] == expected
    latents = encoder(rng.random((2, *shape)).astype(np.float32))
    assert decoder(latents).shape == (2, *shape)


def test_a_block_adds_to_what_its_first_relu_leaves(rng):
    """relu(x) + f(relu(x)): the ReLU works in place in the reference."""
    images = rng.random((2, 8, 8, 1)).astype(np.float32)
    encoder = ResidualStack(hidden=4, residual=3, blocks=1).encoder((8, 8, 1), 2)
    convolutions = [layer for layer in encoder.layers if layer.trainable_weights]
    x = images - 0.5
    for layer in convolutions[:2]:
        x = tf.nn.relu(layer(x))
    x = tf.nn.relu(convolutions[2](x))
    narrow, wide, last = convolutions[3:]
    assert not narrow.use_bias
    assert not wide.use_bias
    x = tf.nn.relu(x + wide(tf.nn.relu(narrow(x))))
    np.testing.assert_allclose(encoder(images), last(x), rtol=1e-4, atol=1e-6)
