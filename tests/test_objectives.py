"""The objectives as numbers, against numpy."""

import numpy as np
import pytest

from tfvae import objectives


def test_negative_elbo():
    np.testing.assert_allclose(objectives.negative_elbo(np.array([-100.0, 20.0]), np.array([5.0, 7.0])), [105.0, -13.0])


def test_bits_per_dim_of_a_density():
    # The uniform density on [0, 1]: log p = 0 nats, and 8 bits for each value.
    assert objectives.density_bits_per_dim(0.0, 784) == pytest.approx(8.0)
    nats, dims = -1234.5, 3072
    assert objectives.density_bits_per_dim(nats, dims) == pytest.approx(np.log2(256) + nats / dims * np.log2(np.e))


def test_bits_per_dim_of_a_mass():
    # The uniform mass over 256 levels costs 8 bits a value.
    assert objectives.mass_bits_per_dim(784 * np.log(256), 784) == pytest.approx(8.0)
    assert objectives.mass_bits_per_dim(1234.5, 3072) == pytest.approx(1234.5 / 3072 * np.log2(np.e))


def test_density_and_mass_agree_on_dequantised_data():
    # A mass P(k) spread evenly over its bin of width 1/256 has the density 256·P(k).
    masses, dims = np.array([0.5, 0.25, 0.125, 0.125]), 4
    of_mass = objectives.mass_bits_per_dim(-np.log(masses).sum(), dims)
    of_density = objectives.density_bits_per_dim(-np.log(256 * masses).sum(), dims)
    assert of_mass == pytest.approx(of_density)


@pytest.mark.parametrize(
    ("weight", "dims", "sigma"),
    # reference-systems, section 0: w as coded, D, and the σ it means in the range of the images.
    [(5e-4, 784, 0.4427), (1e-4, 12_288, 0.7838), (2.5e-4, 12_288, 1.2394)],
    ids=["PM MNIST", "PM CelebA", "YA"],
)
def test_scale_of_the_literature_s_weights(weight, dims, sigma):
    assert objectives.scale_of_mse_weight(weight, dims) == pytest.approx(sigma, abs=1e-4)
    assert objectives.mse_weight_of_scale(objectives.scale_of_mse_weight(weight, dims), dims) == pytest.approx(weight)


def test_a_kl_weight_multiplies_the_equivalent_weight():
    assert objectives.mse_weight_of_scale(1.0, 12_288, kl_weight=0.6144) == pytest.approx(1e-4)
