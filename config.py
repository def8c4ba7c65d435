"""Presets: named experiments, each with its command, its wall time and the number to expect.

`python vae.py --list` shows them. Wall times are of two CPU cores. Those of published systems stand in
`tfvae/published/`, a file for each system. To add one, write a function and one line in `PRESETS`; a part that no
preset has yet is one file in its folder below `tfvae/`. Lists of presets that are trained alike and compared,
`python -m tfvae.experiments NAME`, stand in `EXPERIMENTS`.
"""

from dataclasses import replace

from tfvae import published
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.errors import UserError, nearest
from tfvae.experiments.lists import Experiment, Group, Row
from tfvae.published import inception, pooled
from tfvae.published.parts import Preset, member, prior_on_codes


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


def vq_mnist() -> Config:
    """MNIST: VQ-VAE, 7×7 codes of 512, Gaussian decoder with one learned σ on dequantised grey values."""
    return Config(
        name="vq_mnist",
        data=_mnist_data("dequantize"),
        model=ModelConfig(
            family=Component("vqvae"),
            latent_dim=64,
            network=Component("residual_stack"),
            likelihood=Component("gaussian", scale="learned"),
            quantizer=Component("vector"),
        ),
        train=TrainConfig(
            batch_size=64,
            epochs=10,
            learning_rate=1e-3,
            learning_rate_schedule="cosine",
            clip_norm=1e3,  # as in `mnist`
        ),
    )


_vq_mnist_prior = member(
    "vq_mnist_prior",
    "Samples for vq_mnist, of a class if wanted: a PixelCNN on its codes, 64 channels, 8 layers.",
    prior_on_codes,
    first=vq_mnist,
    epochs=8,
    channels=64,
    depth=8,
    num_classes=10,
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


PRESETS: dict[str, Preset] = {
    "digits": digits,
    "mnist": mnist,
    "mnist_16": mnist_16,
    "mnist_bernoulli": mnist_bernoulli,
    "iwae_paper_vae": iwae_paper_vae,
    "fashion_mnist": fashion_mnist,
    "celeba": celeba,
    "vq_mnist": vq_mnist,
    **dict([_vq_mnist_prior]),
    "folder": folder,
    **published.PRESETS,
}


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
        *pooled.RUNS,
        "vae_04_01",
        "standard_64",
        "standard_64_tanh",
        "beta_64",
        "vq_64",
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
    (*(f"normal_{n}" for n in inception.PLAIN), *(f"inception_{n}" for n in inception.INCEPTION)),
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
                "CIFAR-10, 32×32",
                ("standard_32", "standard_32_tanh", "beta_32", "vq_32"),
                _BUDGET,
                extractor="classifier",
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
