"""The MNIST model of PrateekMunjal/VAE: strided convolutions, 16 latents, a dense layer to all pixels."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers import densities
from benchmarks.peers.strided import down, normalised_linear, up

LATENTS = 16
SIGMA = 0.4427189  # "MSE + 5e-4·KL"


class GaussianMNIST(nn.Module):
    """935,251 weights."""

    shape = (1, 28, 28)
    learning_rate = 5e-4

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*down(1, 16, 3, 2), *down(16, 32, 3, 2), *down(32, 64, 3, 2), nn.Flatten())
        self.posterior = nn.Linear(4 * 4 * 64, 2 * LATENTS)  # mean, and σ before softplus
        self.decoder = nn.Sequential(
            *normalised_linear(LATENTS, 4 * 4 * 64),
            nn.Unflatten(1, (64, 4, 4)),
            *up(64, 64, 3),
            *up(64, 32, 3),
            *up(32, 1, 3),
            nn.Flatten(),
            nn.Linear(32 * 32, 28 * 28),
            nn.Unflatten(1, self.shape),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and σ of q(z|x), (B, L) each."""
        mean, raw = self.posterior(self.encoder(images)).float().chunk(2, 1)
        return mean, functional.softplus(raw) + densities.FLOOR

    def decode(self, latents: Tensor) -> Tensor:
        """E[x|z], (B, C, H, W)."""
        return torch.sigmoid(self.decoder(latents).float())

    def forward(self, images: Tensor) -> Tensor:
        """−ELBO in nats."""
        mean, stddev = self.encode(images)
        latents = mean + stddev * torch.randn_like(mean)
        return densities.gaussian(images, self.decode(latents), SIGMA) + densities.kl_of_stddev(mean, stddev)
