"""Presets: named experiments, each with its command, its wall time and the number to expect.

`python vae.py --list` shows them. Wall times are of two CPU cores. To add one, write a function and one line in
`PRESETS`; a part that no preset has yet is one file in its folder below `tfvae/`.
"""

from collections.abc import Callable

from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError, nearest


def digits() -> Config:
    """scikit-learn's 1,797 digits, bundled: Gaussian decoder, learned σ (the default; a minute).

    The scans are 8×8, enlarged to 28×28: 784 pixel values carry what 64 do, and a likelihood that takes pixels for
    independent counts each scan pixel 12.25 times. β = 784/64 charges the KL as often; with β = 1 the bound is
    better and the samples are worse.
    """
    return Config(
        name="digits",
        data=DataConfig(
            Component("digits"), validation=200, image_shape=(28, 28, 1), num_images=1300, pixels="dequantize"
        ),
        model=ModelConfig(
            latent_dim=10,
            network=Component("strided_conv", channels=(16, 32, 64), activation="gelu", batch_norm=False),
            likelihood=Component("gaussian", scale="learned"),
            kl_weight=Component("linear", duration=0.2, beta=12.25),
        ),
        train=TrainConfig(
            batch_size=64, epochs=60, learning_rate=2e-3, learning_rate_schedule="cosine", pictures_every=3
        ),
    )


def mnist() -> Config:
    """MNIST: Gaussian decoder with one learned σ, on dequantised grey values."""
    return Config(
        name="mnist",
        data=_mnist_data("dequantize"),
        model=ModelConfig(
            latent_dim=32,
            network=_mnist_network(),
            likelihood=Component("gaussian", scale="learned"),
            kl_weight=Component("linear", duration=0.1),
        ),
        train=TrainConfig(
            batch_size=128,
            epochs=20,
            learning_rate=1e-3,
            learning_rate_schedule="cosine",
            learning_rate_warmup=0.02,
            clip_norm=1e3,  # as below
        ),
    )


def mnist_bernoulli() -> Config:
    """MNIST, binarised anew every epoch: Bernoulli decoder; for bounds beside published ones.

    Test −ELBO 87.6 nats at 30 epochs, 90.9 at 10 (`--config.train.epochs=10`, under 8 minutes).
    """
    return Config(
        name="mnist_bernoulli",
        data=_mnist_data("binarize"),
        model=ModelConfig(
            latent_dim=32,
            network=_mnist_network(),
            likelihood=Component("bernoulli"),
        ),
        train=TrainConfig(batch_size=128, epochs=30, learning_rate=2e-3, learning_rate_schedule="cosine"),
    )


def iwae_paper_vae() -> Config:
    """MNIST, binarised anew every epoch, with the networks of the IWAE paper: for log p(x) beside its 86.76 nats.

    Reference: Burda, Grosse and Salakhutdinov, arXiv:1509.00519, the VAE with one stochastic layer and k = 1 (two
    layers of 200 tanh units on either side, 50 latents). Deviations: 5,000 of the 60,000 training images are kept
    for validation; batches of 100 instead of 20; a cosine over 1,000 epochs instead of eight learning rates over 3,280.
    """
    return Config(
        name="iwae_paper_vae",
        data=_mnist_data("binarize"),
        model=ModelConfig(
            latent_dim=50,
            network=Component("mlp", units=(200, 200), activation="tanh"),
            likelihood=Component("bernoulli"),
        ),
        train=TrainConfig(
            batch_size=100, epochs=1000, learning_rate=1e-3, learning_rate_schedule="cosine", pictures_every=100
        ),
    )


def fashion_mnist() -> Config:
    """Fashion-MNIST: as `mnist`."""
    config = mnist()
    config.name = "fashion_mnist"
    config.data.dataset = Component("fashion_mnist")
    return config


def celeba() -> Config:
    """CelebA at 64×64: residual network, Gaussian decoder with one learned σ.

    On 8,000 images, 5 epochs (10 minutes at most): test −ELBO −8,024 nats = 7.06 bits/dim, and still falling.
    """
    return Config(
        name="celeba",
        data=DataConfig(
            Component("celeba", crop="closecrop"),
            image_shape=(64, 64, 3),
            num_images=162_770,
            pixels="dequantize",
        ),
        model=ModelConfig(
            latent_dim=128,
            network=Component("residual", channels=(32, 64, 128, 256)),
            likelihood=Component("gaussian", scale="learned"),
            kl_weight=Component("linear", duration=0.05),
        ),
        train=TrainConfig(
            batch_size=64,
            epochs=20,
            learning_rate=1e-3,
            learning_rate_schedule="cosine",
            learning_rate_warmup=0.02,
            # Gradients grow as 1/σ² while σ falls, faster than Adam's second moment follows: the norm is held.
            clip_norm=1e4,
        ),
    )


def gaussian_mnist() -> Config:
    """MNIST as PrateekMunjal/VAE trains it: "MSE + 5e-4·KL", which is a Gaussian of σ = 0.4427 (935,251 weights).

    Reference: PrateekMunjal/VAE, MNIST. w = 5e-4, D = 784, so σ² = w·D/2 = 0.196. Deviations: batch normalisation
    uses its moving averages outside training (the original never leaves training mode), of momentum 0.9 (0.99 there,
    where they are never read), the posterior's standard
    deviation has a floor, a validation split is measured every epoch. Test squared error through the posterior mean
    at 10 epochs: 0.0111 per pixel (4 minutes at most); with `--config.model.likelihood.scale=learned`, 0.0089.
    """
    return Config(
        name="gaussian_mnist",
        data=_mnist_data("unit"),
        model=ModelConfig(
            latent_dim=16,
            network=Component(
                "strided_conv",
                channels=(16, 32, 64),
                decoder_channels=(64, 64, 32, 1),
                output="dense",
                initializer="truncated_normal",
            ),
            likelihood=Component("gaussian", scale=0.4427189),
            posterior=Component("gaussian", stddev="softplus"),
        ),
        train=TrainConfig(batch_size=256, epochs=100, learning_rate=5e-4, pictures_every=5),
    )


def gaussian_celeba() -> Config:
    """CelebA as PrateekMunjal/VAE trains it: "MSE + 1e-4·KL", σ = 0.3919 in [0, 1] (21,296,899 weights).

    Reference: PrateekMunjal/VAE, CelebA. w = 1e-4 on [−1, 1], D = 12,288: σ² = w·D/2 = 0.6144 there, a quarter of
    it on [0, 1]. Deviations: those of `gaussian_mnist`; an epoch visits every image once instead of drawing.
    """
    return Config(
        name="gaussian_celeba",
        data=DataConfig(
            Component("celeba", crop="closecrop"), image_shape=(64, 64, 3), num_images=162_770, pixels="unit"
        ),
        model=ModelConfig(
            latent_dim=128,
            network=Component(
                "strided_conv",
                channels=(64, 128, 256, 512),
                strides=(2, 2, 2, 1),
                decoder_channels=(512, 256, 128, 64),
                kernel_size=5,
                initializer="truncated_normal",
            ),
            likelihood=Component("gaussian", scale=0.3919184, location="tanh"),
            posterior=Component("gaussian", stddev="softplus"),
        ),
        train=TrainConfig(batch_size=128, epochs=100, learning_rate=2e-4, pictures_every=2),
    )


def folder() -> Config:
    """Your own pictures: any tree, or zip of a tree, of images, at --config.data.dir."""
    config = celeba()
    config.name = "folder"
    config.data = DataConfig(Component("folder"), image_shape=(64, 64, 3), pixels="dequantize")
    return config


def _mnist_network() -> Component:
    # silu takes a fifth of the time of gelu on a CPU, and evaluations decode each image hundreds of times.
    return Component(
        "strided_conv",
        channels=(32, 64, 128),
        hidden=(512,),
        kernel_size=4,
        activation="silu",
        batch_norm=False,
        initializer="he_normal",
    )


def _mnist_data(pixels: str) -> DataConfig:
    return DataConfig(Component("mnist"), validation=5000, image_shape=(28, 28, 1), num_images=55_000, pixels=pixels)


PRESETS: dict[str, Callable[[], Config]] = {
    "digits": digits,
    "mnist": mnist,
    "mnist_bernoulli": mnist_bernoulli,
    "iwae_paper_vae": iwae_paper_vae,
    "fashion_mnist": fashion_mnist,
    "celeba": celeba,
    "folder": folder,
    "gaussian_mnist": gaussian_mnist,
    "gaussian_celeba": gaussian_celeba,
}


def get_config(name: str = "digits") -> Config:
    """A preset by name.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in PRESETS:
        raise UserError(f"there is no preset {name!r}: {nearest(name, PRESETS)}")
    return PRESETS[name]()
