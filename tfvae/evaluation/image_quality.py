"""How near reconstructions are to their images, one number for each image.

Images are (N, H, W, C), floats in [0, 1]; every function gives (N,).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from tfvae.errors import UserError

Images = np.ndarray
PerImage = NDArray[np.float64]

CUTOFF = 0.25  # cycles per pixel: what is smaller than four pixels lies above; the finest pattern has 0.5

_WINDOW = 11  # pixels; Wang et al. 2004, section III.C
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of scales, finest first; Wang et al. 2003, section 3.2
_LEAST_ERROR = 1e-10  # the mean squared error of 100 dB


def mean_squared_error(images: Images, others: Images) -> PerImage:
    """Mean of (x − y)² over the pixel values."""
    _check(images, others)
    return _mean(np.square(np.subtract(images, others, dtype=np.float64)))


def mean_absolute_error(images: Images, others: Images) -> PerImage:
    """Mean of |x − y| over the pixel values."""
    _check(images, others)
    return _mean(np.abs(np.subtract(images, others, dtype=np.float64)))


def peak_signal_to_noise(images: Images, others: Images) -> PerImage:
    """−10·log10 of the mean squared error, in dB: the peak is 1. At most 100, so that equal images have a number."""
    return -10.0 * np.log10(np.maximum(mean_squared_error(images, others), _LEAST_ERROR))


def structural_similarity(images: Images, others: Images) -> PerImage:
    """SSIM, 1 for equal images; Wang et al. 2004, eq. 13, averaged over places and channels.

    The window is Gaussian, σ = 1.5 pixels, cut to `window_size` pixels; only places where it fits count.
    """
    import tensorflow as tf  # late: what is measured, and how, can be said without it

    _check(images, others)
    size = window_size(*images.shape[1:3])
    return _array(tf.image.ssim(*_float32(images, others), max_val=1.0, filter_size=size))


def multiscale_similarity(images: Images, others: Images) -> PerImage:
    """MS-SSIM in [0, 1], 1 for equal images; Wang et al. 2003, eq. 7, averaged over channels.

    At the scales and with the weights of `scale_weights`; windows as in `structural_similarity`. Negative terms,
    which a fractional power has no value for, count as 0.
    """
    import tensorflow as tf  # late: as above

    _check(images, others)
    size, weights = window_size(*images.shape[1:3]), scale_weights(*images.shape[1:3])
    pair = _float32(images, others)
    return _array(tf.image.ssim_multiscale(*pair, max_val=1.0, power_factors=weights, filter_size=size))


def window_size(height: int, width: int) -> int:
    """Width of the SSIM window: 11 pixels, or the largest odd number that fits a smaller image."""
    smaller = min(height, width)
    return min(_WINDOW, smaller - (smaller + 1) % 2)


def scale_weights(height: int, width: int) -> tuple[float, ...]:
    """The weights of MS-SSIM, finest scale first, summing to 1.

    Each scale halves the image. There are as many of the five published ones as the window fits into; the weights
    of the rest are made to sum to 1 again.
    """
    size, smaller, count = window_size(height, width), min(height, width), 0
    while smaller >= size and count < len(_WEIGHTS):
        smaller, count = math.ceil(smaller / 2), count + 1
    return tuple(weight / sum(_WEIGHTS[:count]) for weight in _WEIGHTS[:count])


def high_frequency_energy(images: Images, cutoff: float = CUTOFF) -> PerImage:
    """Energy of what is finer than `cutoff`, per pixel value: the part of the mean of x² that lies above it.

    Taken from the cosine transform (type II, orthonormal), whose coefficient (u, v) has the frequency
    √((u/2H)² + (v/2W)²) cycles per pixel. Unlike a Fourier transform it does not take the step from one edge of the
    image to the opposite one for detail, which a blurred image would have as much of as a sharp one.

    Args:
        images: (N, H, W, C).
        cutoff: in cycles per pixel along any direction; a pattern of alternating pixels has 0.5.
    """
    _, height, width, _ = images.shape
    coefficients = fft.dctn(np.asarray(images, np.float64), axes=(1, 2), norm="ortho")
    frequency = np.hypot(np.arange(height)[:, None] / (2 * height), np.arange(width) / (2 * width))
    return _mean(np.square(coefficients) * (frequency > cutoff)[..., None])


def ratio_of_means(above: PerImage, below: PerImage) -> tuple[float, float | None]:
    """mean(above) / mean(below) of paired values (N,), and its standard error by the delta method.

    Used for high-frequency energies instead of the mean of N ratios, which a few images without detail would rule.
    NaN if there is nothing below; no error for a single image.
    """
    denominator = float(np.mean(below))
    if denominator == 0.0:
        return math.nan, None
    ratio = float(np.mean(above)) / denominator
    if len(above) < 2:
        return ratio, None
    residuals = np.asarray(above) - ratio * np.asarray(below)
    return ratio, float(residuals.std(ddof=1)) / math.sqrt(len(residuals)) / denominator


def _check(images: Images, others: Images) -> None:
    if images.shape != others.shape or images.ndim != 4:
        raise UserError(
            f"images of shapes {images.shape} and {others.shape} cannot be compared: expected two arrays "
            "(N, height, width, channels) of one shape"
        )


def _mean(values: np.ndarray) -> PerImage:
    return values.mean(axis=(1, 2, 3))


def _float32(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(array, np.float32) for array in arrays)


def _array(tensor: object) -> PerImage:
    return np.asarray(tensor, np.float64)
