"""koshian2/inception-vae: plain against inception blocks on 256×256 grey faces."""

from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.published.parts import Preset, member


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


# Repeats of `blocks` → batch size.
PLAIN = {1: 32, 2: 32, 3: 32, 4: 32, 5: 32, 6: 32, 8: 16, 10: 16}
INCEPTION = {1: 32, 2: 16}

PRESETS: dict[str, Preset] = dict(
    member(
        f"{name}_{n}",
        f"koshian2, 256×256 grey faces: {words} at each size × {n} ({389_569 + n * weights:,} weights).",
        blocks,
        block=block,
        repeats=n,
        batch_size=batch_size,
    )
    for name, block, words, weights, sizes in (
        ("normal", "plain", "a 3×3 block", 1_569_600, PLAIN),
        ("inception", "inception", "an inception block", 5_561_400, INCEPTION),
    )
    for n, batch_size in sizes.items()
)
