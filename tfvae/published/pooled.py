"""j1a0m0e4sNTU/Variational-Autoencoder-for-images: autoencoders and VAEs with several kinds of noise."""

from typing import Any

from tfvae.configuration import Component, Config, ModelConfig, TrainConfig
from tfvae.published.parts import Preset, faces, member, sigma_of_weight


def pooled(
    name: str, epochs: int, sigma: float = 0.0, interval: str = "", network: str = "pooled_conv", **options: Any
) -> Config:
    """j1a0m0e4sNTU/Variational-Autoencoder-for-images: pooled convolutions on 64×64 faces, Adam 0.001, batches of 64.

    Its loss is "MSE + sigma·KL" on [0, 255] with the KL summed over a batch of 64: w = 64·sigma, and σ² = w·D/2 with
    D = 12,288 gives σ / 255 on [0, 1]: 1.739, 0.550, 0.0778, 0.0246 for sigma = 0.5, 0.05, 0.001, 0.0001 and 0.246
    for 0.01. 512 latents, 2,499,497 weights. The plain autoencoders have the squared error alone (σ = 1, which changes
    no optimum).

    Deviations: CelebA's closecrop instead of 40,000 faces of unknown origin, RGB in [0, 1] instead of BGR in
    [0, 255], and so a sigmoid for the last ReLU; batch normalisation uses its averages outside training; the noise
    is drawn for each image, not once for a batch (vae_03, vae_04), and the standard deviation is exp(log σ²/2)
    everywhere, as the KL has it; uniform noise is charged its own KL, not a Gaussian's; and samples are drawn from
    the prior of that KL, N(0, 1), not N(0.5, 0.5²) (vae_01) or U[0, 1) (vae_02).
    """
    return Config(
        name=name,
        data=faces("closecrop"),
        model=ModelConfig(
            latent_dim=512,
            network=Component(network, **options),
            likelihood=Component("gaussian", scale=_pooled_sigma(sigma) if sigma else 1.0),
            posterior=Component("uniform", interval=interval) if interval else Component("gaussian"),
        ),
        train=TrainConfig(batch_size=64, epochs=epochs, learning_rate=1e-3, pictures_every=10),
    )


def pooled_autoencoder(name: str, latent_dim: int, network: str, **options: Any) -> Config:
    """As `pooled` (see its deviations), trained on the squared error alone: without noise, KL and samples."""
    config = pooled(name, epochs=100, network=network, **options)
    config.model.family, config.model.latent_dim = Component("autoencoder"), latent_dim
    return config


def _pooled_sigma(sigma: float) -> float:
    return sigma_of_weight(64 * sigma, (64, 64, 3), span=255)


# Run of `pooled` → interval of its noise ("": Gaussian), sigma, epochs.
RUNS: dict[str, tuple[str, float, int]] = {
    "vae_01_01": ("above", 0.5, 500),
    "vae_01_02": ("above", 0.05, 500),
    "vae_01_03": ("above", 0.001, 150),
    "vae_01_04": ("above", 0.0001, 150),
    "vae_01_05": ("above", 0.0001, 400),
    "vae_02_01": ("around", 0.001, 150),
    "vae_02_02": ("around", 0.0001, 150),
    "vae_02_03": ("around", 0.0001, 400),
    "vae_03_01": ("", 0.0001, 400),
    "vae_03_02": ("", 0.01, 200),
}
_NOISES = {"above": "uniform noise on [0, 1)", "around": "uniform noise on [−1, 1)", "": "Gaussian noise"}

PRESETS: dict[str, Preset] = dict(
    [
        member(
            "ae_01",
            "j1a0m0e4sNTU, faces: plain autoencoder, 1,024 latents (3,679,657 weights).",
            pooled_autoencoder,
            latent_dim=1024,
            network="pooled_conv",
            last=0,
        ),
        member(
            "ae_02",
            "j1a0m0e4sNTU, faces: ae_01 with skips, 11,264 latents, so no bottleneck (3,676,195 weights).",
            pooled_autoencoder,
            latent_dim=1024 + 2 * 2 * 256 + 4 * 4 * 64 + 16 * 16 * 32,
            network="skip_conv",
        ),
        *(
            member(
                name,
                f"j1a0m0e4sNTU, faces: {_NOISES[interval]}, sigma = {sigma:g} "
                f"(σ = {_pooled_sigma(sigma):.4f}), {epochs} epochs.",
                pooled,
                epochs=epochs,
                sigma=sigma,
                interval=interval,
            )
            for name, (interval, sigma, epochs) in RUNS.items()
        ),
        member(
            "vae_04_01",
            "j1a0m0e4sNTU, faces: Gaussian noise, a dense layer after z, sigma = 0.001, σ = 0.0778 "
            "(2,762,153 weights).",
            pooled,
            epochs=200,
            sigma=0.001,
            dense=512,
        ),
    ]
)
