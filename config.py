"""Presets: named experiments, each with its command, its wall time and the number to expect.

`python vae.py --list` shows them. Wall times are of two CPU cores. To add one, write a function and one line in
`PRESETS`; a part that no preset has yet is one file in its folder below `tfvae/`. Lists of presets that are trained
alike and compared, `python -m tfvae.experiments NAME`, stand in `EXPERIMENTS`.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError, nearest
from tfvae.experiments.lists import Experiment, Group, Row


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
    """MNIST: Gaussian decoder with one learned σ, on dequantised grey values.

    Test −ELBO −1,039 nats = 6.09 bits/dim after `--config.train.epochs=6` (12 minutes at most).
    """
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


def mnist_16() -> Config:
    """MNIST with 16 latents, as many as `gaussian_mnist` has, and a prior fitted after training.

    With so few latents the codes of the digits keep apart, and N(0, I) puts most samples between them. The number of
    components was chosen by what they gain on validation images: 20 gain 7.3 nats, 50 gain 8.2, 100 gain 8.8 in twice
    the time; with one transform in common (the default) 20 gain 3.8. Measured after `--config.train.epochs=3` in
    docs/reference-systems.md.
    """
    config = mnist()
    config.name = "mnist_16"
    config.model.latent_dim = 16
    config.model.fitted_prior = Component("mixture", components=50, covariance="full")
    return config


def mnist_bernoulli() -> Config:
    """MNIST, binarised anew every epoch: Bernoulli decoder; for bounds beside published ones.

    Test −ELBO 88.1 nats at 30 epochs (an hour at most).
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
    Test −log p(x) 87.58 ± 0.24 nats at K = 5,000 (under 2 hours), 15 active units; the paper's are 86.76 and 19.
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
    """Fashion-MNIST: as `mnist`. On 25,000 images, 6 epochs: test −682 nats = 6.74 bits/dim."""
    config = mnist()
    config.name = "fashion_mnist"
    config.data.dataset = Component("fashion_mnist")
    return config


def celeba() -> Config:
    """CelebA at 64×64: residual network that begins at principal components, Gaussian decoder with one learned σ.

    On 8,000 images, `--config.train.epochs=3` (5 minutes at most): test −ELBO −13,572 nats = 6.41 bits/dim, squared
    error 0.0060. The samples come from a mixture fitted to the codes.
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
            network=Component("linear_residual", channels=(32, 64, 128, 256), activation="silu"),
            likelihood=Component("gaussian", scale="learned"),
            fitted_prior=Component("mixture"),
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


def celeba64() -> Config:
    """CelebA as younganswer/VAE-GAN trains its VAE: "MSE + 2.5e-4·KL", σ = 0.6197 in [0, 1] (3,928,329 weights).

    Reference: younganswer/VAE-GAN, its VAE: five strided convolutions, 128 latents (3,203,101 weights with 10), Adam
    0.005, whole pictures squeezed to 64×64. w = 2.5e-4 on [−1, 1], D = 12,288: σ² = w·D/2 = 1.536 there, a quarter of
    it on [0, 1]. Deviations: the official partition (there a folder's first 80 %), and a short last batch is kept;
    biases begin at zero, and "same" padding shifts maps of stride 2 by a pixel, which fresh training does not notice.
    """
    return Config(
        name="celeba64",
        data=_celeba_data("squeeze"),
        model=ModelConfig(
            latent_dim=128,
            network=Component(
                "halving_conv", channels=(32, 64, 128, 256, 512), negative_slope=0.01, output="batch_norm"
            ),
            likelihood=Component("gaussian", scale=_sigma(2.5e-4, (64, 64, 3), span=2), location="tanh"),
        ),
        train=TrainConfig(batch_size=128, epochs=5, learning_rate=5e-3),
    )


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
        data=_celeba_data("closecrop"),
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
    gaussian = Component("gaussian", scale=_sigma(weight, shape, span=2), location="tanh")
    return Config(
        name=name,
        data=_small_images(size),
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
        data=_small_images(size),
        model=ModelConfig(
            latent_dim=32,
            network=Component("halving_conv", channels=channels, projection=256),
            likelihood=Component("continuous_bernoulli"),
            kl_weight=Component("capacity", gamma=1000 / 64, capacity=25.0, duration=1.0),
        ),
        train=TrainConfig(batch_size=64, epochs=30, learning_rate=1e-3),
    )


def blocks(name: str, block: str, repeats: int, batch_size: int) -> Config:
    """koshian2/inception-vae: 256×256 grey faces, plain or inception blocks (branches summed), 64 latents, Adam 0.001.

    Of your own pictures at --config.data.dir, grey and 256×256 as the data set makes them (there: 213 of JAFFE, which
    may be had for research). Likelihood: continuous Bernoulli, the normalised form of its cross-entropy; β = 1.

    Deviations: mean over the batch, not sum (Adam sees no difference); batch normalisation uses its averages outside
    training; 20 images are kept for validation and a tenth for the test (there all are trained and measured on).
    """
    return Config(
        name=name,
        data=DataConfig(Component("folder"), validation=20, image_shape=(256, 256, 1)),
        model=ModelConfig(
            latent_dim=64,
            network=Component("pooled_blocks", block=block, repeats=repeats),
            likelihood=Component("continuous_bernoulli"),
        ),
        train=TrainConfig(batch_size=batch_size, epochs=200, learning_rate=1e-3, pictures_every=10),
    )


def folder() -> Config:
    """Your own pictures: any tree, or zip of a tree, of images, at --config.data.dir."""
    config = celeba()
    config.name = "folder"
    config.data = DataConfig(Component("folder"), image_shape=(64, 64, 3), pixels="dequantize")
    config.model.fitted_prior = Component("none")  # pictures may be few, and none of them set aside to check it on
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


def _celeba_data(crop: str) -> DataConfig:
    return DataConfig(Component("celeba", crop=crop), image_shape=(64, 64, 3), num_images=162_770)


def _small_images(size: int) -> DataConfig:
    """CIFAR-10 at 32×32, faces at 64×64."""
    if size == 64:
        return _celeba_data("squarecrop")
    return DataConfig(Component("cifar10"), validation=5000, image_shape=(32, 32, 3), num_images=45_000)


def _sigma(weight: float, image_shape: tuple[int, ...], span: float) -> float:
    """The σ on [0, 1] that "mean squared error + weight·KL" means for pixel values `span` wide: σ² = w·D/2."""
    return round(math.sqrt(weight * math.prod(image_shape) / 2) / span, 7)


def _pooled_sigma(sigma: float) -> float:
    return _sigma(64 * sigma, (64, 64, 3), span=255)


def _member(name: str, words: str, family: Callable[..., Config], **options: Any) -> tuple[str, Callable[[], Config]]:
    """A preset of a family, by its name: `words` is its line in the list."""

    def preset() -> Config:
        return family(name, **options)

    preset.__doc__ = f"{words}\n\n{family.__doc__}"
    return name, preset


PRESETS: dict[str, Callable[[], Config]] = {
    "digits": digits,
    "mnist": mnist,
    "mnist_16": mnist_16,
    "mnist_bernoulli": mnist_bernoulli,
    "iwae_paper_vae": iwae_paper_vae,
    "fashion_mnist": fashion_mnist,
    "celeba": celeba,
    "folder": folder,
    "gaussian_mnist": gaussian_mnist,
    "gaussian_celeba": gaussian_celeba,
    "celeba64": celeba64,
}

# Members of the families of reference systems: what they have in common stands in the family's docstring.

# Run of `pooled` → interval of its noise ("": Gaussian), sigma, epochs.
_POOLED: dict[str, tuple[str, float, int]] = {
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
# Repeats of `blocks` → batch size.
_PLAIN = {1: 32, 2: 32, 3: 32, 4: 32, 5: 32, 6: 32, 8: 16, 10: 16}
_INCEPTION = {1: 32, 2: 16}

_MEMBERS = [
    _member(
        "ae_01",
        "j1a0m0e4sNTU, faces: plain autoencoder, 1,024 latents (3,679,657 weights).",
        pooled_autoencoder,
        latent_dim=1024,
        network="pooled_conv",
        last=0,
    ),
    _member(
        "ae_02",
        "j1a0m0e4sNTU, faces: ae_01 with skips, 11,264 latents, so no bottleneck (3,676,195 weights).",
        pooled_autoencoder,
        latent_dim=1024 + 2 * 2 * 256 + 4 * 4 * 64 + 16 * 16 * 32,
        network="skip_conv",
    ),
    *(
        _member(
            name,
            f"j1a0m0e4sNTU, faces: {_NOISES[interval]}, sigma = {sigma:g} "
            f"(σ = {_pooled_sigma(sigma):.4f}), {epochs} epochs.",
            pooled,
            epochs=epochs,
            sigma=sigma,
            interval=interval,
        )
        for name, (interval, sigma, epochs) in _POOLED.items()
    ),
    _member(
        "vae_04_01",
        "j1a0m0e4sNTU, faces: Gaussian noise, a dense layer after z, sigma = 0.001, σ = 0.0778 (2,762,153 weights).",
        pooled,
        epochs=200,
        sigma=0.001,
        dense=512,
    ),
    _member(
        "standard_32", "yhy258, CIFAR-10: standard VAE, sigmoid and cross-entropy (985,059 weights).", standard, size=32
    ),
    _member(
        "standard_64", "yhy258, faces: standard VAE, sigmoid and cross-entropy (3,937,635 weights).", standard, size=64
    ),
    _member(
        "standard_32_tanh",
        "yhy258, CIFAR-10: standard VAE, tanh and squared error, σ = 0.4957.",
        standard,
        size=32,
        tanh=True,
    ),
    _member(
        "standard_64_tanh",
        "yhy258, faces: standard VAE, tanh and squared error, σ = 0.5495.",
        standard,
        size=64,
        tanh=True,
    ),
    _member(
        "beta_32",
        "yhy258, CIFAR-10: beta-VAE with a growing capacity (435,043 weights).",
        beta,
        size=32,
        channels=(32, 64, 64),
    ),
    _member(
        "beta_64",
        "yhy258, faces: beta-VAE with a growing capacity (453,667 weights).",
        beta,
        size=64,
        channels=(32, 32, 64, 64),
    ),
    *(
        _member(
            f"{name}_{n}",
            f"koshian2, 256×256 grey faces: {words} at each size × {n} ({389_569 + n * weights:,} weights).",
            blocks,
            block=block,
            repeats=n,
            batch_size=batch_size,
        )
        for name, block, words, weights, sizes in (
            ("normal", "plain", "a 3×3 block", 1_569_600, _PLAIN),
            ("inception", "inception", "an inception block", 5_561_400, _INCEPTION),
        )
        for n, batch_size in sizes.items()
    ),
]
PRESETS |= dict(_MEMBERS)


# What is compared: `python -m tfvae.experiments NAME`.

_BUDGET = ("--config.train.epochs=3",)
_ON_FACES = ("--config.data.dataset=celeba(crop=closecrop)", *_BUDGET)  # one crop for all


def _with_latents(preset: str, *counts: int) -> tuple[Row, ...]:
    return tuple(Row(preset, (f"--config.model.latent_dim={count}",), f"{preset}_{count}") for count in counts)


_faces = Group(
    "Faces, 64×64",
    (
        "gaussian_celeba",
        "celeba64",
        "ae_01",
        "ae_02",
        *_POOLED,
        "vae_04_01",
        "standard_64",
        "standard_64_tanh",
        "beta_64",
    ),
    _ON_FACES,
    extractor="classifier",
)
_sigmas = Group(
    "Faces, 64×64, from the strongest KL term to the weakest",
    ("vae_01_01", "vae_01_02", "vae_01_03", "vae_01_04", "vae_03_02", "vae_03_01"),
    _ON_FACES,
    extractor="classifier",
    tradeoff={
        "uniform noise on [0, 1)": ("vae_01_01", "vae_01_02", "vae_01_03", "vae_01_04"),
        "Gaussian noise": ("vae_03_02", "vae_03_01"),
    },
)
_structures = Group(
    "Grey pictures, 256×256",
    (*(f"normal_{n}" for n in _PLAIN), *(f"inception_{n}" for n in _INCEPTION)),
    # An epoch of a few hundred pictures takes minutes; small batches give it some dozens of steps.
    ("--config.train.epochs=1", "--config.train.batch_size=8"),
    published={
        "activations as published, MB": {
            "normal_1": 227,
            "normal_2": 337,
            "normal_3": 448,
            "normal_4": 558,
            "normal_5": 668,
            "normal_6": 778,
            "normal_8": 999,
            "normal_10": 1219,
            "inception_1": 709,
            "inception_2": 1302,
        }
    },
)

EXPERIMENTS: dict[str, Experiment] = {
    "references": Experiment(
        "Every reference system on the same data and budget.",
        {
            "faces": _faces,
            "cifar10": Group(
                "CIFAR-10, 32×32", ("standard_32", "standard_32_tanh", "beta_32"), _BUDGET, extractor="classifier"
            ),
            "mnist": Group("MNIST, 28×28", ("gaussian_mnist",), _BUDGET, extractor="classifier"),
            "structures": _structures,
        },
    ),
    "ours": Experiment(
        "Our presets beside the reference systems, with as many latents as each of them.",
        {
            "faces": replace(_faces, rows=(*_faces.rows, *_with_latents("celeba", 32, 128, 512))),
            "mnist": Group("MNIST, 28×28", ("gaussian_mnist", "mnist_16"), _BUDGET, extractor="classifier"),
        },
    ),
    "structures": Experiment(
        "Plain and inception blocks: is the Inception-VAE sharper, and what does it cost?", {"structures": _structures}
    ),
    "kl_weights": Experiment(
        "What the weight of the KL term gives to reconstructions and takes from samples.", {"faces": _sigmas}
    ),
    "noise": Experiment(
        "Uniform and Gaussian noise, and a dense layer after z, at the same KL weight.",
        {
            "weaker": Group(
                "sigma = 0.0001 (σ = 0.0246 on [0, 1])",
                ("vae_01_04", "vae_02_02", "vae_03_01"),
                _ON_FACES,
                extractor="classifier",
            ),
            "stronger": Group(
                "sigma = 0.001 (σ = 0.0778 on [0, 1])",
                ("vae_01_03", "vae_02_01", "vae_04_01"),
                _ON_FACES,
                extractor="classifier",
            ),
        },
    ),
}


def get_config(name: str = "digits") -> Config:
    """A preset by name.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in PRESETS:
        raise UserError(f"there is no preset {name!r}: {nearest(name, PRESETS)}")
    return PRESETS[name]()
