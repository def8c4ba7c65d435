"""younganswer/VAE-GAN: its VAE for CelebA."""

from tfvae.configuration import Component, Config, ModelConfig, TrainConfig
from tfvae.published.parts import Preset, faces, sigma_of_weight


def celeba64() -> Config:
    """CelebA as younganswer/VAE-GAN trains its VAE: "MSE + 2.5e-4·KL", σ = 0.6197 in [0, 1] (3,928,329 weights).

    Reference: younganswer/VAE-GAN, its VAE: five strided convolutions, 128 latents (3,203,101 weights with 10), Adam
    0.005, whole pictures squeezed to 64×64. w = 2.5e-4 on [−1, 1], D = 12,288: σ² = w·D/2 = 1.536 there, a quarter of
    it on [0, 1]. Deviations: the official partition (there a folder's first 80 %), and a short last batch is kept;
    biases begin at zero, and "same" padding shifts maps of stride 2 by a pixel, which fresh training does not notice.
    """
    return Config(
        name="celeba64",
        data=faces("squeeze"),
        model=ModelConfig(
            latent_dim=128,
            network=Component(
                "halving_conv", channels=(32, 64, 128, 256, 512), negative_slope=0.01, output="batch_norm"
            ),
            likelihood=Component("gaussian", scale=sigma_of_weight(2.5e-4, (64, 64, 3), span=2), location="tanh"),
        ),
        train=TrainConfig(batch_size=128, epochs=5, learning_rate=5e-3),
    )


PRESETS: dict[str, Preset] = {"celeba64": celeba64}
