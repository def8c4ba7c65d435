"""koshian2/inception-vae with one inception block at each size, on 256×256 grey pictures, 64 latents."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.peers import densities

CHANNELS = (32, 64, 128, 256)
POOLS = (4, 4, 2)
LATENTS = 64

Convolution = Callable[[int, int, int], nn.Module]


class Inception1(nn.Module):
    """5,950,969 weights."""

    shape = (1, 256, 256)
    learning_rate = 1e-3

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(_conv(1, CHANNELS[0], 1), Block(CHANNELS[0], _conv, 2))
        for one, other, pool in zip(CHANNELS, CHANNELS[1:], POOLS, strict=False):
            self.encoder.extend([nn.AvgPool2d(pool), *normalised(_conv(one, other, 1)), Block(other, _conv, 2)])
        self.encoder.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten()])
        self.posterior = nn.Linear(CHANNELS[-1], 2 * LATENTS)  # mean and log σ²
        self.decoder = nn.Sequential(
            nn.Linear(LATENTS, CHANNELS[-1]),
            nn.Unflatten(1, (CHANNELS[-1], 1, 1)),
            Spread(8),
            Block(CHANNELS[-1], _transposed, 4),
        )
        upward = zip(CHANNELS[::-1], CHANNELS[-2::-1], POOLS[::-1], strict=False)
        for one, other, pool in upward:
            self.decoder.extend([*normalised(nn.ConvTranspose2d(one, other, pool, pool)), Block(other, _transposed, 4)])
        self.decoder.append(nn.ConvTranspose2d(CHANNELS[0], 1, 1))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log σ² of q(z|x), (B, L) each."""
        mean, log_variance = self.posterior(self.encoder(images)).float().chunk(2, 1)
        return mean, log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """Logits of the pixels, (B, C, H, W)."""
        return self.decoder(latents).float()

    def forward(self, images: Tensor) -> Tensor:
        """−ELBO in nats."""
        mean, log_variance = self.encode(images)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return densities.continuous_bernoulli(images, self.decode(latents)) + densities.kl(mean, log_variance)


class Spread(nn.Module):
    """One pixel enlarged to a map, as `nn.Upsample` does it, which `torch.compile` cannot differentiate here.

    Args:
        size: of the map's sides.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, 1, 1) → (B, C, size, size)."""
        return maps.expand(-1, -1, self.size, self.size)


class Block(nn.Module):
    """Convolutions of four sizes on fewer channels and two max-pools, summed.

    Args:
        channels: C, in and out.
        convolve: makes a convolution of (in, out, size).
        narrower: the four read C/narrower channels.
    """

    def __init__(self, channels: int, convolve: Convolution, narrower: int) -> None:
        super().__init__()
        few = channels // narrower
        self.narrow = nn.Sequential(*normalised(convolve(channels, few, 1)))
        branches = [nn.Sequential(*normalised(convolve(few, channels, size))) for size in (1, 3, 5, 7)]
        self.branches = nn.ModuleList(branches)
        self.pools = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (3, 5))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) → the same shape."""
        narrow = self.narrow(maps)
        first, second, *others = (branch(narrow) for branch in self.branches)
        total = first + second
        for found in (*others, *(pool(maps) for pool in self.pools)):
            total += found  # in place: nothing needs the sum so far for its gradient
        return total


def normalised(convolution: nn.Module) -> list[nn.Module]:
    """With batch normalisation and ReLU."""
    channels: int = convolution.out_channels  # pyright: ignore[reportAssignmentType]
    return [convolution, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


def _conv(one: int, other: int, size: int) -> nn.Module:
    return nn.Conv2d(one, other, size, padding=size // 2)


def _transposed(one: int, other: int, size: int) -> nn.Module:
    return nn.ConvTranspose2d(one, other, size, padding=size // 2)
