"""What a user of the library is told when parts do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae import VAE
from tfvae.likelihoods import Gaussian
from tfvae.networks import MLP

SHAPE, NETWORK = (4, 6, 3), MLP(units=(4,))


@pytest.fixture(scope="module")
def model():
    model = VAE(NETWORK.encoder(SHAPE, 4), NETWORK.decoder(2, SHAPE))
    model.compile("adam", run_eagerly=True)
    return model


def test_encoder_and_decoder_of_other_latents():
    with pytest.raises(
        ValueError,
        match=r"encoder puts out 6 values and the decoder takes 2 latents: expected 2·2 = 4 values for a gaussian",
    ):
        VAE(NETWORK.encoder(SHAPE, 6), NETWORK.decoder(2, SHAPE))


def test_decoder_of_another_image_shape():
    with pytest.raises(ValueError, match=r"decoder puts out \(4, 6, 1\): expected \(4, 6, 3\), 1 parameter\(s\) for"):
        VAE(NETWORK.encoder(SHAPE, 4), NETWORK.decoder(2, (4, 6, 1)))


def test_decoder_without_the_parameters_of_the_likelihood():
    with pytest.raises(
        ValueError, match=r"expected \(4, 6, 6\), 2 parameter\(s\) for each channel of images \(4, 6, 3"
    ):
        VAE(NETWORK.encoder(SHAPE, 4), NETWORK.decoder(2, SHAPE), likelihood=Gaussian(scale="per_pixel"))


def unbuilt():
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [(unbuilt, lambda: NETWORK.decoder(2, SHAPE)), (lambda: NETWORK.encoder(SHAPE, 4), unbuilt)],
    ids=["encoder", "decoder"],
)
def test_unbuilt_networks(encoder, decoder):
    with pytest.raises(ValueError, match=r"must be built: give them a keras.Input, or call them once"):
        VAE(encoder(), decoder())


def test_a_sequential_network_called_once_is_built(rng):
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    encoder(np.zeros((1, *SHAPE), np.float32))
    model = VAE(encoder, NETWORK.decoder(2, SHAPE))
    assert (model.image_shape, model.latent_shape) == (SHAPE, (2,))


@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((2, 4, 6, 1), "f"), r"images of shape \(2, 4, 6, 1\): expected \(N, 4, 6, 3\)"),
        (np.zeros((2, 72), "f"), r"images of shape \(2, 72\): expected \(N, 4, 6, 3\)"),
        (np.zeros((2, *SHAPE), np.uint8), r"uint8 from 0 to 0: expected floats in \[0, 1\]; 8-bit images are divided"),
        (np.full((2, *SHAPE), 255.0), r"float64 from 255.0 to 255.0: expected floats in \[0, 1\]"),
        (np.full((2, *SHAPE), -0.5, "f"), "from -0.5 to -0.5"),
        (np.full((2, *SHAPE), np.nan, "f"), "from nan to nan"),
        (np.zeros((0, *SHAPE), "f"), "there are no images: the array is empty"),
    ],
    ids=["channels", "flat", "8-bit", "0 to 255", "negative", "NaN", "none"],
)
def test_arrays_that_are_not_images_in_the_unit_interval(model, method, images, words):
    with pytest.raises(ValueError, match=words):
        getattr(model, method)(images, verbose=0)


def test_datasets_of_8_bit_images(model):
    batches = tf.data.Dataset.from_tensors(np.zeros((2, *SHAPE), np.uint8))
    with pytest.raises(ValueError, match=r"images are uint8: expected floats in \[0, 1\]; divide 8-bit images by 255"):
        model.fit(batches, shuffle=False, verbose=0)


def test_images_may_come_with_labels(model, rng):
    images, labels = rng.random((4, *SHAPE)).astype(np.float32), np.arange(4)
    with_labels = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert with_labels == model.evaluate(images, verbose=0, return_dict=True)
