"""The VAE of younganswer/VAE-GAN: five strided convolutions on 64×64 faces, 128 latents."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from benchmarks.peers import densities

CHANNELS = (32, 64, 128, 256, 512)
LATENTS = 128
SIGMA = 0.6196773  # "MSE + 2.5e-4·KL" on [−1, 1]
SLOPE = 0.01


class CelebA64(nn.Module):
    """3,928,329 weights."""

    shape = (3, 64, 64)
    learning_rate = 5e-3

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(layer for one, other in pairwise((3, *CHANNELS)) for layer in _down(one, other)), nn.Flatten()
        )
        self.posterior = nn.Linear(4 * CHANNELS[-1], 2 * LATENTS)  # mean and log σ²
        upward = CHANNELS[::-1]
        self.decoder = nn.Sequential(
            nn.Linear(LATENTS, 4 * CHANNELS[-1]),
            nn.Unflatten(1, (CHANNELS[-1], 2, 2)),
            *(layer for one, other in pairwise(upward) for layer in _up(one, other)),
            nn.ConvTranspose2d(CHANNELS[0], 3, 3, 2, 1, 1),
            nn.BatchNorm2d(3),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log σ² of q(z|x), (B, L) each."""
        mean, log_variance = self.posterior(self.encoder(images)).float().chunk(2, 1)
        return mean, log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """E[x|z], (B, C, H, W)."""
        return densities.tanh_location(self.decoder(latents).float())

    def forward(self, images: Tensor) -> Tensor:
        """−ELBO in nats."""
        mean, log_variance = self.encode(images)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return densities.gaussian(images, self.decode(latents), SIGMA) + densities.kl(mean, log_variance)


def _down(one: int, other: int) -> list[nn.Module]:
    return [nn.Conv2d(one, other, 3, 2, 1), nn.BatchNorm2d(other), nn.LeakyReLU(SLOPE, inplace=True)]


def _up(one: int, other: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(one, other, 3, 2, 1, 1), nn.BatchNorm2d(other), nn.LeakyReLU(SLOPE, inplace=True)]
