"""The networks of the reference systems, map by map (reference-systems.md, sections 3 to 5)."""

import keras
import numpy as np
import pytest

from tfvae.networks import HalvingConv, PooledBlocks, PooledConv, SkipConv
from tfvae.networks.blocks import BLOCKS
from tfvae.networks.torch_layers import conv, transposed

FACE, GREY = (64, 64, 3), (256, 256, 1)


def rows(network):
    """(output shape, trainable parameters) of each layer that has any; a normalisation counts with what it follows."""
    found = []
    for layer in network.layers:
        count = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
        if isinstance(layer, keras.layers.BatchNormalization):
            found[-1] = (*found[-1], count)
        elif count:
            found.append((tuple(layer.output.shape[1:]), count))
    return found


def test_pooled_autoencoder():
    network = PooledConv(last=0)
    assert rows(network.encoder(FACE, 1024)) == [
        ((64, 64, 32), 896, 64),
        ((16, 16, 64), 18_496, 128),
        ((4, 4, 256), 147_712, 512),
        ((2, 2, 1024), 2_360_320, 2_048),
    ]
    assert rows(network.decoder(1024, FACE)) == [
        ((2, 2, 256), 1_048_832, 512),
        ((4, 4, 64), 65_600, 128),
        ((16, 16, 32), 32_800, 64),
        ((64, 64, 3), 1_539, 6),
    ]


def test_pooled_vae_and_the_one_with_a_dense_layer_after_the_latents():
    encoder = PooledConv().encoder(FACE, 2 * 512)
    assert rows(encoder)[3:] == [((2, 2, 512), 1_180_160, 1_024), ((1024,), 2 * 262_656)]
    decoder = PooledConv(dense=512).decoder(512, FACE)
    assert rows(decoder)[:2] == [((512,), 262_656), ((2, 2, 256), 524_544, 512)]
    assert rows(decoder)[1:] == rows(PooledConv().decoder(512, FACE))


def test_skips_are_the_pooled_maps_added_after_the_activation(rng):
    """The decoder of flat latents against the same layers written out with the maps themselves."""
    network, shape = SkipConv(channels=(3, 4), pools=(2, 2)), (8, 8, 1)
    latents = 5 + 2 * 2 * 4 + 4 * 4 * 3
    encoder, decoder = network.encoder(shape, latents), network.decoder(latents, shape)
    images = rng.random((2, *shape)).astype(np.float32)
    pooled = [keras.Model(encoder.input, layer.output)(images) for layer in encoder.layers if "pooling" in layer.name]
    code = np.asarray(encoder(images))
    np.testing.assert_array_equal(code[:, :5], np.reshape(pooled[2], (2, 5)))
    np.testing.assert_array_equal(code[:, 5:21], np.reshape(pooled[1], (2, 16)))
    first, second, last = (layer for layer in decoder.layers if isinstance(layer, keras.layers.Conv2DTranspose))
    x = keras.ops.relu(first(pooled[2])) + pooled[1]
    x = keras.ops.relu(second(x)) + pooled[0]
    np.testing.assert_allclose(decoder(code), last(x), rtol=1e-5, atol=1e-6)


def test_skips_need_latents_for_every_map():
    words = r"64 latents: the maps of images \(64, 64, 3\) take 10240, so that a network with skips needs more; 11264"
    with pytest.raises(ValueError, match=words):
        SkipConv().encoder(FACE, 64)


def test_halving_network_of_the_beta_vae():
    network = HalvingConv(channels=(32, 32, 64, 64), projection=256)
    assert rows(network.encoder(FACE, 2 * 32)) == [
        ((32, 32, 32), 896, 64),
        ((16, 16, 32), 9_248, 64),
        ((8, 8, 64), 18_496, 128),
        ((4, 4, 64), 36_928, 128),
        ((256,), 262_400),
        ((64,), 2 * 8_224),
    ]
    assert rows(network.decoder(32, FACE)) == [
        ((1024,), 33_792),
        ((8, 8, 64), 36_928, 128),
        ((16, 16, 32), 18_464, 64),
        ((32, 32, 32), 9_248, 64),
        ((64, 64, 32), 9_248, 64),
        ((64, 64, 3), 867),
    ]


def test_linear_layers_have_no_activation(rng):
    encoder = HalvingConv(channels=(4,), projection=5).encoder((8, 8, 1), 4)
    projection = next(layer for layer in encoder.layers if isinstance(layer, keras.layers.Dense))
    assert (np.asarray(keras.Model(encoder.input, projection.output)(rng.random((20, 8, 8, 1)))) < 0).any()


def test_the_slope_of_the_activations():
    decoder = HalvingConv(channels=(4, 8), negative_slope=0.2).decoder(3, (8, 8, 1))
    slopes = [layer.negative_slope for layer in decoder.layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert slopes == [0.2, 0.01], "the last stage is leaky in every network"


def test_pooled_blocks_between_their_blocks():
    network = PooledBlocks(repeats=0)
    assert rows(network.encoder(GREY, 2 * 64)) == [
        ((256, 256, 32), 64),
        ((64, 64, 64), 2_112, 128),
        ((16, 16, 128), 8_320, 256),
        ((8, 8, 256), 33_024, 512),
        ((128,), 2 * 16_448),
    ]
    assert rows(network.decoder(64, GREY)) == [
        ((256,), 16_640),
        ((16, 16, 128), 131_200, 256),
        ((64, 64, 64), 131_136, 128),
        ((256, 256, 32), 32_800, 64),
        ((256, 256, 1), 33),
    ]


@pytest.mark.parametrize(
    ("block", "convolve", "narrower", "expected"),
    [
        ("plain", conv, 2, (9_312, 37_056, 147_840, 590_592)),
        ("plain", transposed, 4, (9_312, 37_056, 147_840, 590_592)),
        ("inception", conv, 2, (43_952, 174_944, 698_048, 2_788_736)),
        ("inception", transposed, 4, (22_168, 87_856, 349_792, 1_395_904)),
    ],
)
def test_parameters_of_blocks(block, convolve, narrower, expected):
    for channels, count in zip((32, 64, 128, 256), expected, strict=True):
        inputs = keras.Input((8, 8, channels))
        model = keras.Model(inputs, BLOCKS[block](inputs, convolve, narrower))
        assert model.output_shape == model.input_shape
        assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == count


def test_inception_block_sums_its_branches(rng):
    inputs = keras.Input((6, 6, 4))
    model = keras.Model(inputs, BLOCKS["inception"](inputs, conv, 2))
    images = rng.random((2, 6, 6, 4)).astype(np.float32)
    (add,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Add))
    branches = [np.asarray(keras.Model(inputs, branch)(images)) for branch in add.input]
    assert len(branches) == 6
    np.testing.assert_allclose(model(images), sum(branches), rtol=1e-5)
    three, five = branches[4:]
    np.testing.assert_array_equal(three[:, 2, 2], images[:, 1:4, 1:4].max(axis=(1, 2)))
    np.testing.assert_array_equal(five[:, 2, 2], images[:, 0:5, 0:5].max(axis=(1, 2)))


def test_first_map_of_the_blocks_decoder_repeats_one_vector(rng):
    decoder = PooledBlocks(channels=(3, 5), pools=(2,)).decoder(4, (8, 6, 1))
    (repeat,) = (layer for layer in decoder.layers if isinstance(layer, keras.layers.UpSampling2D))
    first = np.asarray(keras.Model(decoder.input, repeat.output)(rng.normal(size=(2, 4))))
    assert first.shape == (2, 4, 3, 5)
    np.testing.assert_array_equal(first, np.broadcast_to(first[:, :1, :1], first.shape))


@pytest.mark.parametrize("make", [lambda x: conv(x, 8, 3), lambda x: transposed(x, 8, 3)], ids=["conv", "transposed"])
def test_initial_weights_are_pytorch_s(make):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 4, 16))
    kernel, bias = keras.Model(inputs, make(inputs)).layers[-1].get_weights()
    # fan_in: 3·3·16 of a convolution, 3·3·8 of a transposed one, whose kernel is (3, 3, out, in).
    bound = 1 / np.sqrt(9 * kernel.shape[2])
    assert kernel.shape[2] in (16, 8)
    assert 0.98 * bound < np.abs(kernel).max() <= bound
    assert not bias.any()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: HalvingConv(channels=()), "channels is empty: expected one number for each halving"),
        (lambda: HalvingConv(output="tanh"), "output is 'tanh': expected one of batch_norm, conv"),
        (lambda: HalvingConv(negative_slope=-1.0), "negative_slope is -1.0: expected from 0 to 1"),
        (lambda: PooledConv(channels=(4,), pools=(2, 2)), r"channels \(4,\) and pools \(2, 2\): expected one or more"),
        (lambda: SkipConv(channels=(), pools=()), r"channels \(\) and pools \(\): expected one or more, and as many"),
        (lambda: PooledBlocks(block="dense"), "block is 'dense': expected one of plain, inception"),
        (lambda: PooledBlocks(pools=(2,)), r"and pools \(2,\): expected one pool fewer than channels"),
    ],
)
def test_bad_arguments_of_reference_networks(make, words):
    with pytest.raises(ValueError, match=words):
        make()
