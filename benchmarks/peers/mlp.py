"""Dense layers on MNIST: 784-512-256 and back, 16 latents, squared error."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from benchmarks.peers import densities

UNITS = (512, 256)
LATENTS = 16
SIGMA = 1.0  # half the squared error, as pythae has it


class MLP(nn.Module):
    """1,079,600 weights."""

    shape = (1, 28, 28)
    learning_rate = 5e-4

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), *_dense(28 * 28, *UNITS))
        self.posterior = nn.Linear(UNITS[-1], 2 * LATENTS)  # mean and log σ²
        upward = UNITS[::-1]
        self.decoder = nn.Sequential(
            *_dense(LATENTS, *upward),
            nn.Linear(upward[-1], 28 * 28),
            nn.Unflatten(1, self.shape),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log σ² of q(z|x), (B, L) each."""
        mean, log_variance = self.posterior(self.encoder(images)).float().chunk(2, 1)
        return mean, log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """E[x|z], (B, C, H, W)."""
        return torch.sigmoid(self.decoder(latents).float())

    def forward(self, images: Tensor) -> Tensor:
        """−ELBO in nats."""
        mean, log_variance = self.encode(images)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return densities.gaussian(images, self.decode(latents), SIGMA) + densities.kl(mean, log_variance)


def _dense(*units: int) -> list[nn.Module]:
    return [layer for one, other in pairwise(units) for layer in (nn.Linear(one, other), nn.ReLU(inplace=True))]
