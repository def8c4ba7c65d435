"""The start of `linear_residual` at the principal components."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, logit
from sklearn.decomposition import PCA

import tfvae
from tfvae.likelihoods import Bernoulli, Gaussian
from tfvae.models import Autoencoder
from tfvae.networks import LinearResidual
from tfvae.posteriors import Uniform

SHAPE, LATENTS, DIRECTIONS = (6, 5, 3), 4, 4


@pytest.fixture(scope="module")
def images():
    """Images whose logits lie near a space of four dimensions, of unequal spread; none near black or white."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(np.prod(SHAPE), DIRECTIONS)))[0].T
    found = rng.normal(size=(400, DIRECTIONS)) * [4.0, 3.0, 2.0, 1.0] @ directions + rng.normal(size=np.prod(SHAPE)) / 5
    return expit(found + 0.02 * rng.normal(size=found.shape)).astype(np.float32).reshape(-1, *SHAPE)


def made(likelihood=None, posterior=None, latents=LATENTS):
    likelihood, posterior = likelihood or Gaussian(), posterior or tfvae.posteriors.Gaussian()
    network = LinearResidual((4, 6))
    keras.utils.set_random_seed(0)
    encoder = network.encoder(SHAPE, 2 * latents)
    decoder = network.decoder(latents, (*SHAPE[:2], likelihood.params_per_channel * SHAPE[2]))
    return network, tfvae.VAE(encoder, decoder, likelihood, posterior)


def adapted(images, *parts, **options):
    network, model = made(*parts, **options)
    network.adapt(model, lambda: images)
    return model


@pytest.mark.parametrize("location", ["sigmoid", "tanh"])
def test_reconstructions_are_those_of_the_components(images, location):
    found = logit(images.reshape(len(images), -1).astype(float))
    pca = PCA(LATENTS).fit(found)
    expected = expit(pca.inverse_transform(pca.transform(found)))
    reconstructed = adapted(images, Gaussian(location=location)).reconstruct(images).numpy()
    # The posterior's shrinking towards the prior, a hundredth here, is all that is between them.
    np.testing.assert_allclose(reconstructed.reshape(expected.shape), expected, atol=0.02)


def test_posterior_is_the_best_of_the_decoder(images):
    """Neither a wider nor a narrower posterior, nor another σ, has a better bound, by more than noise."""
    model = adapted(images)
    mean, stddev = model.encode(images).mean(), model.encode(images).stddev()
    noise = tf.random.stateless_normal([20, *mean.shape], [0, 0])

    def bound(factor, scale=None):
        scale = model.scale() if scale is None else scale
        z = mean + factor * stddev * noise
        errors = images - np.stack([model.decode(one).mean() for one in z])
        likelihood = -0.5 * np.square(errors / scale) - np.log(scale)
        kl = 0.5 * (mean**2 + (factor * stddev) ** 2 - 1) - np.log(factor * stddev)
        return likelihood.sum((2, 3, 4)).mean() - np.sum(kl, axis=1).mean()

    assert bound(1.0) > max(bound(0.6), bound(1.7))
    assert bound(1.0) > max(bound(1.0, model.scale() * 0.6), bound(1.0, model.scale() * 1.8))


def test_codes_are_of_the_prior_size(images):
    model = adapted(images)
    q = model.encode(images)
    second_moment = np.var(q.mean(), axis=0) + np.square(q.stddev()).mean(axis=0)
    np.testing.assert_allclose(second_moment, 1, atol=0.03)


def test_bound_begins_near_that_of_the_data(images):
    """σ = 0.02 in logits at slopes of about a quarter; far above what a start at random gives."""
    network, model = made()
    model.compile("sgd")
    before = model.evaluate(images, verbose=0, return_dict=True)
    network.adapt(model, lambda: images)
    after = model.evaluate(images, verbose=0, return_dict=True)
    assert after["negative_elbo"] < before["negative_elbo"] - 100
    assert after["mse"] < before["mse"] / 20


@pytest.mark.parametrize(
    ("likelihood", "posterior"),
    [
        (Bernoulli, tfvae.posteriors.Gaussian),
        (lambda: Gaussian("per_pixel"), tfvae.posteriors.Gaussian),
        (lambda: tfvae.likelihoods.Laplace("per_pixel"), lambda: tfvae.posteriors.Gaussian("softplus")),
        (lambda: tfvae.likelihoods.ContinuousBernoulli(), lambda: Uniform("above")),
        (lambda: tfvae.likelihoods.DiscretizedLogistic(), lambda: Uniform("around")),
    ],
    ids=["bernoulli", "per_pixel", "laplace", "above", "around"],
)
def test_every_likelihood_and_posterior_begins_near_the_images(images, likelihood, posterior):
    model = adapted(images, likelihood(), posterior())
    model.compile("sgd")
    error = model.evaluate(images, verbose=0, return_dict=True)["mse"]
    assert error < 0.1 * np.var(images)


def test_autoencoder_begins_so_too(images):
    network = LinearResidual((4,))
    model = Autoencoder(network.encoder(SHAPE, LATENTS), network.decoder(LATENTS, SHAPE), Gaussian(1.0))
    network.adapt(model, lambda: images)
    assert np.mean(np.square(model.reconstruct(images) - images)) < 0.02 * np.var(images)


def test_more_latents_than_components(images):
    few = images[:3]
    model = adapted(few, latents=7)
    q = model.encode(few)
    np.testing.assert_allclose(q.stddev()[:, 3:], 1, atol=0.05)  # at the prior
    np.testing.assert_allclose(q.mean()[:, 3:], 0, atol=0.05)
    assert np.mean(np.square(model.reconstruct(few) - few)) < 0.02 * np.var(few)


def test_one_image_is_what_it_begins_with(images):
    model = adapted(images[:1])
    np.testing.assert_allclose(model.reconstruct(images[:1]), images[:1], atol=1e-3)


def test_same_images_give_the_same_weights(images):
    one, other = (adapted(images).get_weights() for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_black_and_white_have_no_infinite_logits():
    network, model = made()
    extreme = np.stack([np.zeros(SHAPE), np.ones(SHAPE)] * 5).astype(np.float32)
    network.adapt(model, lambda: extreme)
    assert np.isfinite(model.reconstruct(extreme)).all()
