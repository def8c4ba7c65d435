"""The CelebA model of PrateekMunjal/VAE: 5×5 convolutions on 64×64 faces, 128 latents."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers import densities
from benchmarks.peers.strided import down, normalised_linear, up

LATENTS = 128
SIGMA = 0.3919184  # "MSE + 1e-4·KL" on [−1, 1]


class GaussianCelebA(nn.Module):
    """21,296,899 weights."""

    shape = (3, 64, 64)
    learning_rate = 2e-4

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *down(3, 64, 5, 2),
            *down(64, 128, 5, 2),
            *down(128, 256, 5, 2),
            *down(256, 512, 5, 1),
            nn.Flatten(),
        )
        self.posterior = nn.Linear(8 * 8 * 512, 2 * LATENTS)  # mean, and σ before softplus
        self.decoder = nn.Sequential(
            *normalised_linear(LATENTS, 8 * 8 * 512),
            nn.Unflatten(1, (512, 8, 8)),
            *up(512, 256, 5),
            *up(256, 128, 5),
            *up(128, 64, 5),
            nn.ConvTranspose2d(64, 3, 5, 1, 2),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and σ of q(z|x), (B, L) each."""
        mean, raw = self.posterior(self.encoder(images)).float().chunk(2, 1)
        return mean, functional.softplus(raw) + densities.FLOOR

    def decode(self, latents: Tensor) -> Tensor:
        """E[x|z], (B, C, H, W)."""
        return densities.tanh_location(self.decoder(latents).float())

    def forward(self, images: Tensor) -> Tensor:
        """−ELBO in nats."""
        mean, stddev = self.encode(images)
        latents = mean + stddev * torch.randn_like(mean)
        return densities.gaussian(images, self.decode(latents), SIGMA) + densities.kl_of_stddev(mean, stddev)
