"""Networks: shapes for any image, what they refuse, and the first reference system's own numbers."""

import math

import keras
import numpy as np
import pytest
import variants

from tfvae.networks import MLP, NETWORKS, Residual, StridedConv

ALL = variants.params(NETWORKS)


@pytest.mark.parametrize(("registry", "component"), ALL)
@pytest.mark.parametrize("shape", [(4, 4, 1), (5, 7, 3), (9, 6, 1)], ids=["4x4x1", "5x7x3", "9x6x1"])
def test_any_image_size(registry, component, shape, rng):
    network, k = registry[component.name](**component.options), 2
    encoder = network.encoder(shape, 6)
    decoder = network.decoder(3, (*shape[:2], k * shape[2]))
    maps = decoder.input_shape[1:-1]  # () of vectors
    assert bool(maps) == network.latent_maps
    assert encoder(rng.random((2, *shape)).astype(np.float32)).shape == (2, *maps, 6)
    assert decoder(rng.normal(size=(2, *maps, 3)).astype(np.float32)).shape == (2, *shape[:2], k * shape[2])
    assert (encoder.name, decoder.name) == ("encoder", "decoder")


@pytest.mark.parametrize(("registry", "component"), ALL)
def test_decoder_output_reaches_every_pixel_and_depends_on_every_latent(registry, component, rng):
    shape = (6, 7, 1)
    decoder = registry[component.name](**component.options).decoder(3, shape)
    base = rng.normal(size=(1, *decoder.input_shape[1:])).astype(np.float32)
    count = base[0].size
    moved = base + 3 * np.eye(count, dtype=np.float32).reshape(count, *base.shape[1:])
    change = np.abs(np.asarray(decoder(moved)) - np.asarray(decoder(base)))
    assert (change.max(axis=(1, 2, 3)) > 0).all()
    assert (change.max(axis=0) > 0).all()


def test_mlp_is_alike_on_both_sides():
    network = MLP(units=(8, 5))
    assert [layer.units for layer in dense(network.encoder((4, 4, 1), 6))] == [8, 5, 6]
    assert [layer.units for layer in dense(network.decoder(3, (4, 4, 1)))] == [5, 8, 16]


def dense(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]


def test_residual_begins_almost_as_a_shallow_network(rng):
    images = rng.random((2, 8, 8, 1)).astype(np.float32)
    deep = Residual(channels=(4, 6), blocks=3).encoder((8, 8, 1), 4)
    add = [layer for layer in deep.layers if isinstance(layer, keras.layers.Add)]
    assert len(add) == 6
    ratios = []
    for layer in add:
        skip, branch = (np.asarray(keras.Model(deep.input, one)(images)) for one in layer.input)
        ratios.append(np.linalg.norm(branch) / np.linalg.norm(skip))
    assert 0 < max(ratios) < 0.1


def tables(network):
    """(output shape, trainable parameters) of each layer that has any."""
    return [
        (tuple(layer.output.shape[1:]), sum(math.prod(weight.shape) for weight in layer.trainable_weights))
        for layer in network.layers
        if layer.trainable_weights
    ]


# reference-systems.md, section 1: the tables of PrateekMunjal/VAE; a convolution, then its batch normalisation.
MNIST_ENCODER = [
    ((14, 14, 16), 160),
    ((14, 14, 16), 32),
    ((7, 7, 32), 4_640),
    ((7, 7, 32), 64),
    ((4, 4, 64), 18_496),
    ((4, 4, 64), 128),
    ((32,), 2 * 16_400),  # mean and standard deviation in one
]
MNIST_DECODER = [
    ((1024,), 17_408),
    ((1024,), 2_048),
    ((8, 8, 64), 36_928),
    ((8, 8, 64), 128),
    ((16, 16, 32), 18_464),
    ((16, 16, 32), 64),
    ((32, 32, 1), 289),
    ((32, 32, 1), 2),
    ((784,), 803_600),
]
CELEBA_ENCODER = [
    ((32, 32, 64), 4_864),
    ((32, 32, 64), 128),
    ((16, 16, 128), 204_928),
    ((16, 16, 128), 256),
    ((8, 8, 256), 819_456),
    ((8, 8, 256), 512),
    ((8, 8, 512), 3_277_312),
    ((8, 8, 512), 1_024),
    ((256,), 2 * 4_194_432),
]
CELEBA_DECODER = [
    ((32_768,), 4_227_072),
    ((32_768,), 65_536),
    ((16, 16, 256), 3_277_056),
    ((16, 16, 256), 512),
    ((32, 32, 128), 819_328),
    ((32, 32, 128), 256),
    ((64, 64, 64), 204_864),
    ((64, 64, 64), 128),
    ((64, 64, 3), 4_803),
]


def test_reference_network_for_mnist():
    network = StridedConv(channels=(16, 32, 64), decoder_channels=(64, 64, 32, 1), output="dense")
    assert tables(network.encoder((28, 28, 1), 2 * 16)) == MNIST_ENCODER
    assert tables(network.decoder(16, (28, 28, 1))) == MNIST_DECODER


def test_reference_network_for_celeba():
    network = StridedConv(
        channels=(64, 128, 256, 512), strides=(2, 2, 2, 1), decoder_channels=(512, 256, 128, 64), kernel_size=5
    )
    assert tables(network.encoder((64, 64, 3), 2 * 128)) == CELEBA_ENCODER
    assert tables(network.decoder(128, (64, 64, 3))) == CELEBA_DECODER


def test_truncated_normal_initializer_is_the_reference_s():
    network = StridedConv(channels=(16, 32), initializer="truncated_normal")
    keras.utils.set_random_seed(0)
    for layer in network.encoder((8, 8, 3), 64).layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            kernel, bias = layer.get_weights()
            assert np.abs(kernel).max() <= 0.04 + 1e-6
            # A normal cut at two deviations has 0.88 of the deviation.
            assert kernel.std() == pytest.approx(0.88 * 0.02, rel=0.1)
            assert not bias.any()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StridedConv(channels=()), "channels is empty: expected one number for each convolution"),
        (lambda: Residual(channels=()), "channels is empty: expected one number for each halving"),
        (lambda: StridedConv((8, 16), strides=(2,)), r"strides \(2,\) and channels \(8, 16\) differ in length"),
        (
            lambda: StridedConv((8, 16, 32), strides=(2, 1, 2), decoder_channels=(32, 16)),
            r"decoder_channels \(32, 16\): expected 3 entries, one for the first map and one for each stride above 1",
        ),
        (lambda: StridedConv((8, 0)), r"channels is \(8, 0\): expected from 1 to 10000"),
        (lambda: StridedConv(kernel_size=0), "kernel_size is 0: expected from 1 to 64"),
        (lambda: StridedConv((8,), strides=(0,)), r"strides is \(0,\): expected from 1 to 16"),
        (lambda: Residual(blocks=-1), "blocks is -1: expected from 0 to 100"),
        (lambda: MLP(units=(-4,)), r"units is \(-4,\): expected from 1 to 100000"),
        (lambda: MLP(activation="rely"), "Keras has no activation 'rely'"),
    ],
    ids=[
        "no channels",
        "no channels, residual",
        "strides",
        "decoder channels",
        "zero channels",
        "kernel",
        "zero stride",
        "blocks",
        "units",
        "activation",
    ],
)
def test_bad_arguments_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
