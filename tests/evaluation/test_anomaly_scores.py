"""Scores of anomalies: against numpy, and on planted anomalies that the plain bound does not see."""

import numpy as np
import planted
import pytest
from PIL import Image
from scipy.stats import multivariate_normal

from tfvae.errors import UserError
from tfvae.evaluation.anomaly_scores import PerImage, complexity, measure, scores, typicality
from tfvae.evaluation.complexity import code_lengths
from tfvae.evaluation.detection import auroc
from tfvae.evaluation.statistics_density import StatisticsDensity

VARIANCE = 0.01


def model():
    """A linear code of two pixels, no more noise than the code's own."""

    def encode(batch):
        means = 4 * batch.reshape(len(batch), -1)[:, :2] - 2
        return means, np.full(means.shape, 0.5)

    def reconstruct(batch):
        return np.full_like(batch, 0.5)

    def bound(batch, seed):
        errors = np.square(batch - 0.5).sum(axis=(1, 2, 3))
        means, stddevs = encode(batch)
        kl = 0.5 * (means**2 + stddevs**2 - 1) - np.log(stddevs)
        return -0.5 * errors / VARIANCE + np.random.default_rng(seed).normal(size=len(batch)), kl

    return planted.functions(encode=encode, reconstruct=reconstruct, bound=bound)


def batches(images, size=7):
    parts = [images[start : start + size] for start in range(0, len(images), size)]
    return zip(parts, parts, strict=True)


def per_image(rng, count, reconstruction=0.0, code=0.0):
    return PerImage(
        reconstruction=rng.normal(reconstruction, 1, count),
        kl=rng.normal(10, 1, count),
        squared_error=rng.uniform(1, 2, count),
        mean_norm=rng.uniform(3, 4, count),
        stddev_norm=rng.uniform(1, 2, count),
        code_length=rng.normal(1000 + code, 10, count),
        variation=rng.normal(50 + code / 20, 1, count),
    )


def test_what_is_measured_of_each_image(rng):
    images = rng.random((20, 3, 3, 1)).astype(np.float32)
    found = measure(model(), batches(images), seed=3, binary=False)
    np.testing.assert_allclose(found.squared_error, np.square(images.astype(float) - 0.5).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(found.mean_norm, np.hypot(*(4 * images.reshape(20, -1)[:, :2] - 2).T), rtol=1e-6)
    np.testing.assert_allclose(found.stddev_norm, np.sqrt(0.5))
    np.testing.assert_allclose(found.kl, model().bound(images, 0)[1].sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(found.code_length, code_lengths(images))
    down, across = np.abs(images[:, 1:] - images[:, :-1]), np.abs(images[:, :, 1:] - images[:, :, :-1])
    np.testing.assert_allclose(found.variation, down.sum((1, 2, 3)) + across.sum((1, 2, 3)), rtol=1e-5)
    noise = found.reconstruction - 0.5 * found.squared_error / VARIANCE
    assert len(np.unique(np.round(noise, 4))) == 20  # no two batches share their draws
    again = measure(model(), batches(images), seed=3, binary=False)
    np.testing.assert_array_equal(found.reconstruction, again.reconstruction)


def test_too_likely_is_not_typical(rng):
    training, test, smooth = (per_image(rng, 500, shift) for shift in (0, 0, -20))
    found, others = (scores(part, training, 0) for part in (test, smooth))
    assert auroc(found["elbo"], others["elbo"]).value < 0.01
    assert auroc(found["typicality"], others["typicality"]).value > 0.99
    np.testing.assert_allclose(
        typicality(test.negative_elbo, training.negative_elbo),
        abs(test.reconstruction + test.kl - np.mean(training.reconstruction + training.kl)),
    )


def test_simple_images_of_common_likelihood_are_seen_by_complexity_and_statistics(rng):
    training, test, simple = (per_image(rng, 500, code=shift) for shift in (0, 0, -300))
    found, others = (scores(part, training, 0) for part in (test, simple))
    assert auroc(found["elbo"], others["elbo"]).value == pytest.approx(0.5, abs=0.1)
    for name in ("complexity", "statistics"):
        assert auroc(found[name], others[name]).value > 0.99
    np.testing.assert_allclose(complexity(np.array([8.0]), np.array([3.0])), 8 * np.log2(np.e) - 3)


def test_images_of_the_own_kind_are_at_chance_by_every_score(rng):
    training, test, same = (per_image(rng, 800) for _ in range(3))
    found, others = (scores(part, training, 0) for part in (test, same))
    for name in found:
        figure = auroc(found[name], others[name])
        assert abs(figure.value - 0.5) < 4 * figure.standard_error


def test_code_lengths_are_of_lossless_codes_and_grow_with_detail(rng, tmp_path):
    noise = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    flat = np.full_like(noise, 7)
    Image.fromarray(noise).save(tmp_path / "noise.png", optimize=True)
    lengths = code_lengths(np.stack([flat, noise]))
    assert lengths[1] == 8 * (tmp_path / "noise.png").stat().st_size
    assert lengths[0] < lengths[1]
    assert lengths[1] > 8 * noise.size  # noise cannot be compressed
    np.testing.assert_array_equal(lengths, code_lengths(np.stack([flat, noise]) / np.float32(255)))


@pytest.mark.parametrize("channels", [1, 3])
def test_binary_images_take_a_bit_a_value(rng, channels):
    noise = (rng.random((1, 64, 64, channels)) < 0.5).astype(np.float32)
    header = 8 * 120
    assert noise.size < code_lengths(noise, binary=True)[0] < 1.05 * noise.size + header
    assert code_lengths(noise, binary=True)[0] > code_lengths(np.zeros_like(noise), binary=True)[0]


def test_the_density_of_gaussian_statistics_is_the_gaussian(rng):
    covariance = np.array([[4.0, 1.9], [1.9, 1.0]])
    reference, other = (rng.multivariate_normal([100, 0], covariance, count) for count in (4000, 200))
    found = StatisticsDensity(reference).score(other)
    exact = -multivariate_normal([100, 0], covariance).logpdf(other)
    assert np.corrcoef(found, exact)[0, 1] > 0.97
    along, across = StatisticsDensity(reference).score(np.array([[104.0, 2.0], [104.0, -2.0]]))
    assert across > along + 20  # each number is common, the two together are not


def test_statistics_that_do_not_vary_are_no_trouble(rng):
    reference = np.stack([rng.normal(size=100), np.full(100, 5.0)], axis=1)
    density = StatisticsDensity(reference)
    inside, outside = density.score(np.array([[0.0, 5.0], [0.0, 9.0]]))
    assert outside > inside


@pytest.mark.parametrize("bad", [np.zeros((5, 2)), np.zeros(30), np.full((30, 2), np.nan)])
def test_what_no_density_can_be_fitted_on_is_refused(bad):
    with pytest.raises(UserError, match=r"fitted on 5 images|finite"):
        StatisticsDensity(bad)
