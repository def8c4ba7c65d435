"""Densities in float32, with nothing computed that training does not need."""

import math

import torch
from torch import Tensor
from torch.nn import functional

FLOOR = 1e-6  # of softplus, whose output underflows to zero
NEAR_ZERO = 1e-2  # logits below, of which the quotient is a series


def gaussian(images: Tensor, mean: Tensor, sigma: float) -> Tensor:
    """−log N(x; m, σ²) summed over an image's values, averaged over the batch."""
    squares = functional.mse_loss(mean, images, reduction="sum") / (2 * sigma**2)
    constant = math.log(sigma) + 0.5 * math.log(2 * math.pi)
    return squares / len(images) + constant * images[0].numel()


def continuous_bernoulli(images: Tensor, logits: Tensor) -> Tensor:
    """−log CB(x; logits) summed over an image's values, averaged over the batch (Loaiza-Ganem and Cunningham 2019).

    With η the logit, the normaliser is log(η / tanh(η/2)), near zero log 2 + η²/12.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
    near = logits.abs() < NEAR_ZERO
    safe = torch.where(near, 1.0, logits)
    normaliser = torch.where(near, math.log(2) + logits.square() / 12, torch.log(safe / torch.tanh(safe / 2)))
    return (entropy - normaliser.sum()) / len(images)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, σ²) ‖ N(0, 1)) of log σ², summed over latents, averaged over the batch."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum() / len(mean)


def kl_of_stddev(mean: Tensor, stddev: Tensor) -> Tensor:
    """The same of σ."""
    return (0.5 * (mean.square() + stddev.square() - 1) - stddev.log()).sum() / len(mean)


def tanh_location(outputs: Tensor) -> Tensor:
    """Of networks on [−1, 1], mapped to [0, 1]."""
    return 0.5 * (torch.tanh(outputs) + 1)
