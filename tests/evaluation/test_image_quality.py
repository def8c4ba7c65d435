"""Image quality against scikit-image and independent numpy, and on planted blur and noise."""

import numpy as np
import pytest
from scipy import ndimage, signal
from skimage import metrics

from tfvae.errors import UserError
from tfvae.evaluation import image_quality as quality

SHAPES = [(28, 28, 1), (17, 23, 3), (7, 9, 1)]


def smooth(rng, num_images, shape):
    """Images with structure at several scales, in [0, 1]."""
    images = ndimage.gaussian_filter(rng.random((num_images, *shape)), (0, 1.0, 1.0, 0))
    low, high = (end(images, axis=(1, 2, 3), keepdims=True) for end in (np.min, np.max))
    return ((images - low) / (high - low)).astype(np.float32)


def blurred(images, sigma):
    return ndimage.gaussian_filter(images, (0, sigma, sigma, 0))


def noisy(images, rng, stddev):
    return np.clip(images + rng.normal(0, stddev, images.shape), 0, 1).astype(np.float32)


@pytest.fixture(params=SHAPES, ids=str)
def pair(request, rng):
    images = smooth(rng, 5, request.param)
    return images, noisy(blurred(images, 0.8), rng, 0.1)


def test_errors_are_those_of_scikit_image(pair):
    found = quality.mean_squared_error(*pair), quality.peak_signal_to_noise(*pair)
    for index, (image, other) in enumerate(zip(*pair, strict=True)):
        np.testing.assert_allclose(found[0][index], metrics.mean_squared_error(image, other), rtol=1e-6)
        expected = metrics.peak_signal_noise_ratio(image, other, data_range=1)
        np.testing.assert_allclose(found[1][index], expected, rtol=1e-6)


def test_absolute_error():
    images = np.array([0.0, 0.5, 1.0, 1.0]).reshape(2, 2, 1, 1)
    others = np.array([0.1, 0.2, 1.0, 0.5]).reshape(2, 2, 1, 1)
    np.testing.assert_allclose(quality.mean_absolute_error(images, others), [0.2, 0.25])


@pytest.mark.parametrize("shape", SHAPES[:2], ids=str)
def test_similarity_is_that_of_scikit_image(rng, shape):
    images = smooth(rng, 5, shape)
    pair = images, noisy(images, rng, 0.1)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}  # a window of 11 pixels
    expected = [
        metrics.structural_similarity(image, other, data_range=1, channel_axis=-1, **options)
        for image, other in zip(*pair, strict=True)
    ]
    np.testing.assert_allclose(quality.structural_similarity(*pair), expected, atol=2e-5)


def test_similarity_of_images_smaller_than_the_window(rng):
    images = smooth(rng, 3, (7, 9, 1))
    others = noisy(images, rng, 0.2)
    expected = [np.prod(terms(x[..., 0], y[..., 0], 7), axis=0).mean() for x, y in zip(images, others, strict=True)]
    np.testing.assert_allclose(quality.structural_similarity(images, others), expected, atol=2e-5)


def test_multiscale_similarity_is_that_of_its_definition(pair):
    found = quality.multiscale_similarity(*pair)
    expected = [multiscale(image, other) for image, other in zip(*pair, strict=True)]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_multiscale_similarity_at_three_scales(rng):
    images = smooth(rng, 2, (44, 41, 1))  # 41 pixels do not halve evenly
    others = noisy(images, rng, 0.2)
    assert len(quality.scale_weights(44, 41)) == 3
    expected = [multiscale(image, other) for image, other in zip(images, others, strict=True)]
    np.testing.assert_allclose(quality.multiscale_similarity(images, others), expected, atol=2e-5)


def test_negative_structure_has_a_value(rng):
    images = smooth(rng, 3, (28, 28, 1))
    found = quality.multiscale_similarity(images, 1 - images)
    assert np.isfinite(found).all()
    assert (found < 0.2).all()
    assert (quality.structural_similarity(images, 1 - images) < 0).all()


def multiscale(image, other):
    """MS-SSIM of one image (H, W, C) by Wang et al. 2003, eq. 7, channel by channel."""
    size = min(11, (min(image.shape[:2]) - 1) // 2 * 2 + 1)
    all_weights, count = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]), 0
    while count < 5 and min(-(-side // 2**count) for side in image.shape[:2]) >= size:
        count += 1
    weights = all_weights[:count] / all_weights[:count].sum()
    return np.mean([channel(image[..., c], other[..., c], size, weights) for c in range(image.shape[-1])])


def channel(x, y, size, weights):
    product = 1.0
    for scale, weight in enumerate(weights):
        luminance, contrast = terms(x, y, size)
        last = scale == len(weights) - 1
        product *= max(0, (luminance * contrast if last else contrast).mean()) ** weight
        x, y = halved(x), halved(y)
    return product


def terms(x, y, size):
    """Maps of luminance and of contrast times structure; Wang et al. 2004, eqs. 6, 9 and 10, with C3 = C2/2."""
    line = np.exp(-0.5 * ((np.arange(size) - size // 2) / 1.5) ** 2)
    window = np.outer(line, line) / line.sum() ** 2

    def local(values):
        return signal.convolve2d(values.astype(np.float64), window, mode="valid")

    mean_x, mean_y = local(x), local(y)
    variances = local(x.astype(np.float64) ** 2) - mean_x**2 + local(y.astype(np.float64) ** 2) - mean_y**2
    covariance = local(x.astype(np.float64) * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return luminance, (2 * covariance + 0.03**2) / (variances + 0.03**2)


def halved(values):
    height, width = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2)), mode="edge")
    return padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("size", "window", "scales"),
    [((176, 200), 11, 5), ((64, 64), 11, 3), ((28, 28), 11, 2), ((11, 40), 11, 1), ((10, 10), 9, 1), ((4, 3), 3, 1)],
)
def test_as_many_scales_as_fit(size, window, scales):
    assert quality.window_size(*size) == window
    weights = quality.scale_weights(*size)
    assert len(weights) == scales
    assert sum(weights) == pytest.approx(1)
    published = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    np.testing.assert_allclose(weights, np.divide(published[:scales], sum(published[:scales])))


def test_equal_images(rng):
    images = smooth(rng, 3, (16, 16, 3))
    assert quality.mean_squared_error(images, images).tolist() == [0, 0, 0]
    assert quality.peak_signal_to_noise(images, images).tolist() == [100, 100, 100]
    np.testing.assert_allclose(quality.structural_similarity(images, images), 1, atol=1e-6)
    np.testing.assert_allclose(quality.multiscale_similarity(images, images), 1, atol=1e-6)


def test_different_shapes_are_refused(rng):
    images = smooth(rng, 3, (16, 16, 3))
    for function in (quality.mean_squared_error, quality.mean_absolute_error, quality.structural_similarity):
        with pytest.raises(UserError, match=r"\(3, 16, 16, 3\) and \(3, 16, 16, 1\)"):
            function(images, images[..., :1])


@pytest.mark.parametrize("cutoff", [0.1, 0.25, 0.4])
def test_high_frequencies_against_the_mirrored_fourier_transform(rng, cutoff):
    images = rng.random((2, 9, 12, 3))
    mirrored = np.concatenate([images, images[:, ::-1]], axis=1)
    mirrored = np.concatenate([mirrored, mirrored[:, :, ::-1]], axis=2)  # (2, 18, 24, 3)
    power = np.abs(np.fft.fft2(mirrored, axes=(1, 2), norm="ortho")) ** 2
    frequency = np.hypot(np.fft.fftfreq(18)[:, None], np.fft.fftfreq(24))
    expected = (power * (frequency > cutoff)[..., None]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(quality.high_frequency_energy(images, cutoff), expected)


def test_high_frequencies_of_a_single_wave():
    places = np.arange(16) + 0.5
    for step in (7, 9):  # 7/32 and 9/32 cycles per pixel: below and above a quarter
        wave = 0.5 + 0.3 * np.cos(np.pi * step / 16 * places)
        images = np.broadcast_to(wave[None, :, None, None], (1, 16, 16, 1))
        np.testing.assert_allclose(quality.high_frequency_energy(images), [0.3**2 / 2 * (step > 8)], atol=1e-12)


def test_high_frequencies_do_not_see_a_step_between_opposite_edges():
    ramp = np.broadcast_to(np.linspace(0, 1, 32)[None, :, None, None], (1, 32, 32, 1))
    assert quality.high_frequency_energy(ramp)[0] < 1e-5


def test_ratio_of_means_has_the_error_of_the_bootstrap(rng):
    below = rng.gamma(2, size=400)
    above = 0.3 * below + rng.normal(0, 0.1, 400)
    ratio, error = quality.ratio_of_means(above, below)
    assert ratio == pytest.approx(above.mean() / below.mean())
    rows = rng.integers(0, 400, (2000, 400))
    spread = (above[rows].mean(axis=1) / below[rows].mean(axis=1)).std()
    assert error == pytest.approx(spread, rel=0.1)


def test_ratio_of_means_where_there_is_none():
    assert np.isnan(quality.ratio_of_means(np.ones(3), np.zeros(3))[0])
    assert quality.ratio_of_means(np.array([1.0]), np.array([4.0])) == (0.25, None)


def test_blur_lowers_similarity_and_detail(rng):
    images = smooth(rng, 20, (28, 28, 1))
    little, much = blurred(images, 0.7), blurred(images, 1.5)
    for measure in (quality.structural_similarity, quality.multiscale_similarity, quality.peak_signal_to_noise):
        assert (measure(images, much) < measure(images, little)).all()
        assert (measure(images, little) < measure(images, images)).all()
    energies = [quality.high_frequency_energy(each) for each in (images, little, much)]
    assert (energies[2] < energies[1]).all()
    assert (energies[1] < energies[0]).all()


def test_noise_lowers_similarity_and_raises_detail(rng):
    images = smooth(rng, 20, (28, 28, 1))
    little, much = noisy(images, rng, 0.05), noisy(images, rng, 0.2)
    for measure in (quality.structural_similarity, quality.multiscale_similarity, quality.peak_signal_to_noise):
        assert (measure(images, much) < measure(images, little)).all()
        assert (measure(images, little) < measure(images, images)).all()
    assert quality.ratio_of_means(*map(quality.high_frequency_energy, (little, images)))[0] > 1.01
    assert (quality.high_frequency_energy(much) > quality.high_frequency_energy(little)).all()
