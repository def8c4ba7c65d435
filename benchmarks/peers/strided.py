"""What the two models of PrateekMunjal/VAE have in common: layers with batch normalisation and ReLU."""

from torch import nn

EPSILON = 1e-3  # TensorFlow's


def down(one: int, other: int, size: int, stride: int) -> list[nn.Module]:
    """A convolution."""
    return [
        nn.Conv2d(one, other, size, stride, size // 2),
        nn.BatchNorm2d(other, EPSILON),
        nn.ReLU(inplace=True),
    ]


def up(one: int, other: int, size: int) -> list[nn.Module]:
    """A transposed convolution that doubles the sides."""
    return [
        nn.ConvTranspose2d(one, other, size, 2, size // 2, 1),
        nn.BatchNorm2d(other, EPSILON),
        nn.ReLU(inplace=True),
    ]


def normalised_linear(one: int, other: int) -> list[nn.Module]:
    """A dense layer."""
    return [nn.Linear(one, other), nn.BatchNorm1d(other, EPSILON), nn.ReLU(inplace=True)]
