"""yhy258/VariationalAutoEncoders-Pytorch: standard and beta-VAE."""

from tfvae.configuration import Component, Config, ModelConfig, TrainConfig
from tfvae.published.parts import Preset, member, sigma_of_weight, small_images


def standard(name: str, size: int, tanh: bool = False) -> Config:
    """yhy258/VariationalAutoEncoders-Pytorch, standard VAE: strided convolutions, Adam 0.001, batches of 32.

    64 latents for CIFAR-10 at 32×32, 128 for CelebA at 64×64 (the rows from 30 on, which its analysis uses).
    Likelihood: continuous Bernoulli, the normalised form of its cross-entropy on grey values, β = 1. With `tanh`, its
    README's other choice: "MSE + w·KL" on [−1, 1] with w = batch / data set: 6.4e-4 at 32×32, where σ² = w·D/2 gives
    σ = 0.496 on [0, 1]; 1.97e-4 at 64×64, σ = 0.550.

    Deviations: the KL is summed over latents (the mean that it takes there is β = 1/64 or 1/128, no bound); batch
    normalisation uses its averages outside training; 5,000 images of CIFAR-10 are kept for validation; CelebA has its
    official partition.
    """
    weight, shape = {32: 32 / 50_000, 64: 32 / 162_770}[size], (size, size, 3)
    gaussian = Component("gaussian", scale=sigma_of_weight(weight, shape, span=2), location="tanh")
    return Config(
        name=name,
        data=small_images(size),
        model=ModelConfig(
            latent_dim=2 * size,
            network=Component("halving_conv", channels=(32, 64, 128, 256, 512)[: 4 if size == 32 else 5]),
            likelihood=gaussian if tanh else Component("continuous_bernoulli"),
        ),
        train=TrainConfig(batch_size=32, epochs=100, learning_rate=1e-3, pictures_every=5),
    )


def beta(name: str, size: int, channels: tuple[int, ...]) -> Config:
    """yhy258/VariationalAutoEncoders-Pytorch, beta-VAE: γ·|KL − C|, 32 latents, Adam 0.001, batches of 64.

    Likelihood as in `standard`. C grows linearly from 0 to 25 nats over the run's steps; γ = 1000/64 = 15.6 per nat is
    the factor that the original comes to with its batches of 64. 419,831 weights with 10 latents at 64×64.

    Deviations: C counts nats of the KL summed over latents (there of the mean over latents, so that its 25 are
    800); it follows the optimiser's steps and is resumed with them; the run ends as C reaches 25 (there at 23.7, for
    30 epochs are 94,980 of its 100,000 steps); and those of `standard`.
    """
    return Config(
        name=name,
        data=small_images(size),
        model=ModelConfig(
            latent_dim=32,
            network=Component("halving_conv", channels=channels, projection=256),
            likelihood=Component("continuous_bernoulli"),
            kl_weight=Component("capacity", gamma=1000 / 64, capacity=25.0, duration=1.0),
        ),
        train=TrainConfig(batch_size=64, epochs=30, learning_rate=1e-3),
    )


PRESETS: dict[str, Preset] = dict(
    [
        member(
            "standard_32",
            "yhy258, CIFAR-10: standard VAE, sigmoid and cross-entropy (985,059 weights).",
            standard,
            size=32,
        ),
        member(
            "standard_64",
            "yhy258, faces: standard VAE, sigmoid and cross-entropy (3,937,635 weights).",
            standard,
            size=64,
        ),
        member(
            "standard_32_tanh",
            "yhy258, CIFAR-10: standard VAE, tanh and squared error, σ = 0.4957.",
            standard,
            size=32,
            tanh=True,
        ),
        member(
            "standard_64_tanh",
            "yhy258, faces: standard VAE, tanh and squared error, σ = 0.5495.",
            standard,
            size=64,
            tanh=True,
        ),
        member(
            "beta_32",
            "yhy258, CIFAR-10: beta-VAE with a growing capacity (435,043 weights).",
            beta,
            size=32,
            channels=(32, 64, 64),
        ),
        member(
            "beta_64",
            "yhy258, faces: beta-VAE with a growing capacity (453,667 weights).",
            beta,
            size=64,
            channels=(32, 32, 64, 64),
        ),
    ]
)
