"""The two-stage model: its bound against the sum over all codes, and what is frozen."""

import itertools

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from tfvae import export
from tfvae.code_priors import GatedPixelCNN
from tfvae.likelihoods import Gaussian
from tfvae.models import VQVAE, TwoStage
from tfvae.networks import ResidualStack
from tfvae.quantizers import VectorQuantizer

SHAPE, CODES = (8, 8, 1), 3  # maps of 2×2: 81 of them
SIGMA = 0.2


def made(rng=None, shape=SHAPE, codes=CODES, sigma=SIGMA, num_classes=0, **options):
    """Of random weights; with images, the codes begin where these are."""
    keras.utils.set_random_seed(0)
    network = ResidualStack(hidden=8, residual=4, blocks=1)
    first = VQVAE(
        network.encoder(shape, 4), network.decoder(4, shape), Gaussian(sigma), VectorQuantizer(codes, **options)
    )
    if rng is not None:
        latents = np.asarray(first.encoder(images_of(rng, 64, shape))).reshape(-1, 4)
        first.quantizer.codebook.start(latents[rng.permutation(len(latents))[:codes]])
    model = TwoStage(first, GatedPixelCNN(channels=8, depth=2, num_classes=num_classes))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


def images_of(rng, count, shape=SHAPE):
    """Bright or dark quarters."""
    quarters = rng.integers(0, 2, (count, 2, 2, shape[-1]))
    return np.float32(0.1 + 0.8 * quarters.repeat(shape[0] // 2, axis=1).repeat(shape[1] // 2, axis=2))


def log_prior(model, codes):
    """log p(c) of maps (N, h, w), from the logits, in double precision."""
    logits = scipy.special.log_softmax(np.asarray(model.code_prior(codes), np.float64), axis=-1)
    return np.take_along_axis(logits, np.asarray(codes)[..., None], axis=-1)[..., 0].sum(axis=(1, 2))


def log_likelihood(model, image, codes):
    """log p(x|c) of one image at maps (N, h, w)."""
    means = np.asarray(model.decode_codes(codes).mean(), np.float64)
    return scipy.stats.norm.logpdf(image, means, SIGMA).sum(axis=(1, 2, 3))


def test_the_bound_is_the_two_parts_and_below_the_sum_over_all_codes(rng):
    model = made(rng)
    images = images_of(rng, 6)
    every = np.array(list(itertools.product(range(CODES), repeat=4)), np.int32).reshape(-1, 2, 2)
    codes = np.asarray(model.encode_codes(images))
    terms = model.terms(tf.constant(images), model.noise(6, tf.constant([0, 0])))
    bounds = np.asarray(model.elbo(images, tf.constant([0, 0])))
    for index, image in enumerate(images):
        joint = log_prior(model, every) + log_likelihood(model, image, every)
        (chosen,) = np.flatnonzero((every == codes[index]).all(axis=(1, 2)))
        assert bounds[index] == pytest.approx(joint[chosen], rel=1e-4)
        assert bounds[index] < scipy.special.logsumexp(joint)  # log p(x), exactly
    np.testing.assert_allclose(tf.reduce_sum(terms.kl, axis=-1), -log_prior(model, codes), rtol=1e-5)
    assert terms.kl.shape == (6, 4)


def test_every_draw_of_an_importance_sampler_is_the_bound(rng):
    model, images = made(rng), images_of(rng, 3)
    weights = np.asarray(model.log_weights(images, 5, tf.constant([0, 1])))
    np.testing.assert_array_equal(weights, np.repeat(model.elbo(images, tf.constant([2, 3]))[:, None], 5, axis=1))


def test_training_moves_the_prior_alone_and_cheapens_the_codes(rng):
    model, images = made(rng), images_of(rng, 64)
    assert {id(weight) for weight in model.trainable_weights} == {id(one) for one in model.code_prior.weights}
    before = {id(weight): weight.numpy() for weight in model.weights}
    first = model.evaluate(images, verbose=0, return_dict=True)
    history = model.fit(images, batch_size=16, epochs=12, verbose=0).history
    last = model.evaluate(images, verbose=0, return_dict=True)
    for weight in model.first_stage.weights:
        np.testing.assert_array_equal(weight.numpy(), before[id(weight)])
    assert all((weight.numpy() != before[id(weight)]).any() for weight in model.code_prior.weights)
    assert last["kl"] < first["kl"] - 0.5
    assert last["reconstruction"] == first["reconstruction"]
    for logs in (first, last):
        assert logs["bits_per_code"] == pytest.approx(logs["kl"] / (4 * np.log(2)), rel=1e-5)
        assert logs["negative_elbo"] == pytest.approx(logs["kl"] + logs["reconstruction"], rel=1e-5)
    assert history["loss"][-1] < history["loss"][0]


def test_samples_are_decoded_codes_of_the_prior(rng):
    model = made(rng)
    seeds = np.stack([np.full(5, 7), np.arange(5)], axis=1).astype(np.int32)
    codes = model.draw_codes(seeds, np.ones(5, np.float32))
    np.testing.assert_array_equal(codes, model.code_prior.sample(seeds, np.ones(5, np.float32)))
    np.testing.assert_allclose(model.sample(5, seed=7), model.decode_codes(codes).mean(), atol=1e-6)
    np.testing.assert_array_equal(model.sample(2, seed=7), model.sample(5, seed=7)[:2])


@pytest.mark.parametrize("options", [{}, {"sigma": "learned", "update": "gradient"}], ids=["fixed", "learned"])
def test_a_saved_model_gives_the_same_and_is_frozen_alike(options, rng, tmp_path):
    model, images = made(rng, **options), images_of(rng, 8)
    model.fit(images, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.elbo(images, tf.constant([0, 0])), model.elbo(images, tf.constant([0, 0])))
    np.testing.assert_array_equal(again.sample(3, seed=1), model.sample(3, seed=1))
    assert len(again.trainable_weights) == len(model.trainable_weights)


def test_the_export_has_all_signatures_of_the_first_stage_and_samples(rng, tmp_path):
    model, images = made(rng), images_of(rng, 3)
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    first = export.signatures(model.first_stage)
    assert set(served) == {*first, "sample", "score"}
    seeds = np.int32([[0, 1], [2, 3], [0, 1]])
    sampled = served["sample"](seed=tf.constant(seeds), temperature=tf.constant([1.0, 0.5, 1.0]))
    assert set(sampled) == {"images", "codes", "latents"}
    np.testing.assert_array_equal(sampled["codes"][0], sampled["codes"][2])
    np.testing.assert_array_equal(sampled["codes"], model.draw_codes(seeds, np.float32([1, 0.5, 1])))
    decoded = served["decode"](codes=sampled["codes"])["images"]
    np.testing.assert_allclose(decoded, sampled["images"], atol=1e-5)
    score = served["score"](images=tf.constant(images), seed=tf.constant(seeds))
    np.testing.assert_allclose(score["elbo"], model.elbo(images, tf.constant([0, 0])), rtol=1e-4)
    np.testing.assert_array_equal(
        served["encode"](images=tf.constant(images))["codes"], model.first_stage.encode_codes(images)
    )


def test_it_learns_from_labels_what_a_class_looks_like_and_is_measured_without(rng):
    """The class of an image is its first code."""
    model, images = made(rng, num_classes=CODES), tf.constant(images_of(rng, 256))
    labels = model.encode_codes(images)[:, 0, 0]
    occurring, counts = np.unique(labels, return_counts=True)
    assert (counts > 20).sum() > 1
    model.code_prior.set_class_shares(labels)
    model.fit(images, labels, batch_size=32, epochs=15, verbose=0)
    seeds = np.stack([np.zeros(60), np.arange(60)], axis=1).astype(np.int32)
    for label in occurring[counts > 20]:
        codes = model.draw_codes(seeds, np.ones(60, np.float32), np.full(60, label))
        assert np.mean(np.asarray(codes)[:, 0, 0] == label) > 0.8
    # The steps of training have −log p(c, y); what is measured, −log p(c) ≤ −log p(c, y), needs no labels.
    noise = model.noise(256, tf.constant([0, 0]))
    joint = np.asarray(model.training_terms((images, labels), noise).kl).sum(axis=1)
    marginal = np.asarray(model.terms(images, noise, training=True).kl).sum(axis=1)
    np.testing.assert_array_equal(np.asarray(model.training_terms(images, noise).kl).sum(axis=1), marginal)
    assert (marginal <= joint + 1e-4).all()
    measured = model.evaluate(np.asarray(images), verbose=0, return_dict=True)
    assert measured["kl"] == pytest.approx(marginal.mean(), rel=1e-4)
    wrong = np.asarray(model.training_terms((images, (labels + 1) % CODES), noise).kl).sum(axis=1)
    assert wrong.mean() > joint.mean() + 1


def test_labels_mean_nothing_to_a_prior_without_classes(rng):
    model, images = made(rng), tf.constant(images_of(rng, 8))
    noise = model.noise(8, tf.constant([0, 0]))
    one, other = (model.training_terms(data, noise).kl for data in ((images, tf.range(8)), images))
    np.testing.assert_array_equal(one, other)
    assert (model.num_classes, made(num_classes=4).num_classes) == (0, 4)


def test_a_saved_model_keeps_the_shares_of_its_classes(rng, tmp_path):
    model = made(rng, num_classes=3)
    model.optimizer.build(model.trainable_variables)
    model.code_prior.set_class_shares([0, 0, 0, 0, 2])
    np.testing.assert_allclose(model.code_prior.class_shares, [5 / 8, 1 / 8, 2 / 8])
    model.save(tmp_path / "model.keras")
    again, images = keras.saving.load_model(tmp_path / "model.keras"), images_of(rng, 4)
    np.testing.assert_array_equal(again.code_prior.class_shares, model.code_prior.class_shares)
    np.testing.assert_array_equal(again.elbo(images, tf.constant([0, 0])), model.elbo(images, tf.constant([0, 0])))
    np.testing.assert_array_equal(again.sample(5, seed=1), model.sample(5, seed=1))


def test_the_export_draws_a_class_that_is_asked_for(rng, tmp_path):
    model, images = made(rng, num_classes=3), images_of(rng, 2)
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    assert set(served) == {*export.signatures(model.first_stage), "sample", "sample_class", "score"}
    seeds, temperatures, labels = np.int32([[0, 1], [2, 3], [4, 5]]), np.float32([1, 0.5, 1]), np.int32([2, 0, 1])
    given = {"seed": tf.constant(seeds), "temperature": tf.constant(temperatures)}
    found = served["sample_class"](**given, label=tf.constant(labels))
    assert set(found) == {"images", "codes", "latents"}
    np.testing.assert_array_equal(found["codes"], model.draw_codes(seeds, temperatures, labels))
    np.testing.assert_allclose(model.decode_codes(found["codes"]).mean(), found["images"], atol=1e-5)
    np.testing.assert_array_equal(served["sample"](**given)["codes"], model.draw_codes(seeds, temperatures))
    score = served["score"](images=tf.constant(images), seed=tf.constant(seeds[:2]))
    np.testing.assert_allclose(score["elbo"], model.elbo(images, tf.constant([0, 0])), rtol=1e-4)


def test_a_prior_of_other_codes_is_refused():
    prior = GatedPixelCNN(channels=4, depth=1)
    prior.build((None, 3, 2, CODES))
    with pytest.raises(ValueError, match=r"has been built for \(3, 2, 3\)"):
        TwoStage(made().first_stage, prior)
