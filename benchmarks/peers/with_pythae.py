"""pythae's VAE, trainer and loader, with the networks of a peer as its encoder and decoder."""

from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor, nn

from benchmarks.peers.setup import Configuration
from benchmarks.worker import resolve


class Encoder(BaseEncoder):
    """The encoder of a peer; pythae reads log σ²."""

    def __init__(self, peer: nn.Module) -> None:
        super().__init__()
        self.network = nn.Sequential(peer.encoder, peer.posterior)  # pyright: ignore[reportArgumentType]

    def forward(self, x: Tensor) -> ModelOutput:
        """Images (B, C, H, W) → mean and log σ²."""
        mean, log_variance = self.network(x).chunk(2, 1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    """The decoder of a peer, with the sigmoid that pythae leaves to it."""

    def __init__(self, peer: nn.Module) -> None:
        super().__init__()
        self.network = nn.Sequential(peer.decoder, nn.Sigmoid())  # pyright: ignore[reportArgumentType]

    def forward(self, z: Tensor) -> ModelOutput:
        """Latents (B, L) → images."""
        return ModelOutput(reconstruction=self.network(z))


class Epochs:
    """Work for a worker: a unit is an epoch of `BaseTrainer`, without what it does between epochs.

    Args:
        peer: "module:attribute" of the model that the networks are taken from.
        latents: L.
        batch_size: images a step.
        images: path of an npy file, (N, H, W, C) uint8; beside it pythae makes a folder, and leaves it.
    """

    def __init__(self, peer: str, latents: int, batch_size: int, images: str) -> None:
        Configuration("contiguous").prepare(nn.Identity())
        networks = resolve(peer)()
        model = VAE(
            VAEConfig(input_dim=networks.shape, latent_dim=latents, reconstruction_loss="mse"),
            encoder=Encoder(networks),
            decoder=Decoder(networks),
        )
        pixels = torch.from_numpy(np.load(images).astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()
        settings = BaseTrainerConfig(
            output_dir=str(Path(images).parent),
            per_device_train_batch_size=batch_size,
            learning_rate=networks.learning_rate,
            optimizer_cls="Adam",
            no_cuda=True,
        )
        self._trainer = BaseTrainer(model, BaseDataset(pixels, torch.zeros(len(pixels))), training_config=settings)
        self._trainer.prepare_training()
        self._images = len(pixels)

    def run(self, amount: int) -> int:
        """See `benchmarks.worker.Work`."""
        for epoch in range(amount):
            self._trainer.train_step(epoch + 1)  # pythae's name for an epoch
        return amount * self._images
