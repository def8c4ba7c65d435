"""The VQ-VAE of yhy258/VariationalAutoEncoders-Pytorch at 64×64: 16×16 codes of 512, which are running means."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers import densities

HIDDEN, RESIDUAL, LATENTS, CODES = 128, 32, 64, 512
DECAY, EPSILON = 0.99, 1e-5
SIGMA = 0.06
COMMITMENT = 2.167  # of the summed square, beside a Gaussian of that σ


class VQ64(nn.Module):
    """662,083 weights without the codebook, which no gradient trains."""

    shape = (3, 64, 64)
    learning_rate = 1e-3

    counts: Tensor
    sums: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, HIDDEN // 2, 4, 2, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(HIDDEN // 2, HIDDEN, 4, 2, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(HIDDEN, HIDDEN, 3, padding=1),
            *_stack(),
            nn.Conv2d(HIDDEN, LATENTS, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENTS, HIDDEN, 3, padding=1),
            *_stack(),
            nn.ConvTranspose2d(HIDDEN, HIDDEN // 2, 4, 2, 1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(HIDDEN // 2, 3, 4, 2, 1),
        )
        self.register_buffer("counts", torch.ones(CODES))
        self.register_buffer("sums", torch.randn(CODES, LATENTS))

    def encode(self, images: Tensor) -> Tensor:
        """z_e, (B, D, h, w)."""
        return self.encoder(images - 0.5).float()

    def decode(self, latents: Tensor) -> Tensor:
        """E[x|z], (B, C, H, W)."""
        return torch.sigmoid(self.decoder(latents).float())

    def forward(self, images: Tensor) -> Tensor:
        """−log p(x|z) in nats with the commitment."""
        latents = self.encode(images).permute(0, 2, 3, 1)  # (B, h, w, D)
        flat = latents.reshape(-1, LATENTS)
        with torch.no_grad():
            table = self.sums / self._smoothed()[:, None]
            distances = torch.addmm(0.5 * table.square().sum(1), flat, table.t(), alpha=-1)
            codes = distances.argmin(1)
            self._learn(flat, codes)
        chosen = functional.embedding(codes, table)
        commitment = COMMITMENT * functional.mse_loss(flat, chosen, reduction="sum") / len(images)
        passed = (flat + (chosen - flat).detach()).view_as(latents).permute(0, 3, 1, 2)  # straight through
        return densities.gaussian(images, self.decode(passed), SIGMA) + commitment

    def _smoothed(self) -> Tensor:
        total = self.counts.sum()
        return (self.counts + EPSILON) / (total + CODES * EPSILON) * total

    def _learn(self, flat: Tensor, codes: Tensor) -> None:
        counts = torch.zeros_like(self.counts).index_add_(0, codes, torch.ones_like(codes, dtype=torch.float32))
        sums = torch.zeros_like(self.sums).index_add_(0, codes, flat)
        self.counts.mul_(DECAY).add_(counts, alpha=1 - DECAY)
        self.sums.mul_(DECAY).add_(sums, alpha=1 - DECAY)


class Residual(nn.Module):
    """relu(x) + f(relu(x)): the first ReLU works in place there."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(HIDDEN, RESIDUAL, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(RESIDUAL, HIDDEN, 1, bias=False),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, h, w) → the same shape."""
        maps = torch.relu(maps)
        return maps + self.inner(maps)


def _stack() -> list[nn.Module]:
    return [Residual(), Residual(), nn.ReLU(inplace=True)]
