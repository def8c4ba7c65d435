"""yhy258/VariationalAutoEncoders-Pytorch: VQ-VAE; and the prior on its codes that it names as missing."""

from dataclasses import replace
from functools import partial

from tfvae.configuration import Component, Config, ModelConfig, TrainConfig
from tfvae.published.parts import Preset, member, prior_on_codes, small_images

SIGMA = 0.06  # what such decoders come to


def vq(name: str, size: int) -> Config:
    """yhy258/VariationalAutoEncoders-Pytorch, VQ-VAE: 512 codes of 64 on a map of a quarter of the sides, Adam 0.001.

    Its loss is "MSE / variance of the pixels + 0.25·(mean of ‖z_e − e‖²)". Times D/2, D the values of an image, that
    is a Gaussian with σ² = that variance (0.0633 for CIFAR-10; 0.0832 for these faces), and a commitment of
    0.25·D/(2·h·w·64) = 0.09375 for the summed square. Times a further variance / 0.06² it is the same loss with a
    Gaussian that says how far off this decoder is, and so a bound that says something. Codes are running means with
    γ = 0.99. 662,083 weights without the codebook.

    Deviations: codes begin at the k-means of the first images (there at random), and one that no latent has had for
    100 steps is put where a latent is (there it stays dead); the smoothed counts are not stored back; a sigmoid ends
    the decoder, on [0, 1] (there nothing, on [−0.5, 0.5]); latents begin with variance 1 and reconstructions at the
    mean pixel, other biases at zero; pixels are dequantised; 5,000 images of CIFAR-10 are kept for validation. Faces
    are not in the original: the same at 64×64, with 16×16 codes, in batches of 8 with a learning rate that falls.
    """
    variance = {32: 0.0633, 64: 0.0832}[size]
    published = 0.25 * 3 * size**2 / (2 * (size // 4) ** 2 * 64)
    training = {
        32: TrainConfig(batch_size=256, epochs=40, learning_rate=1e-3),
        64: TrainConfig(batch_size=8, epochs=10, learning_rate=1e-3, learning_rate_schedule="cosine"),
    }
    return Config(
        name=name,
        data=replace(small_images(size), pixels="dequantize"),
        model=ModelConfig(
            family=Component("vqvae"),
            latent_dim=64,
            network=Component("residual_stack"),
            likelihood=Component("gaussian", scale=SIGMA),
            quantizer=Component("vector", codes=512, commitment=round(published * variance / SIGMA**2, 3)),
        ),
        train=training[size],
    )


PRESETS: dict[str, Preset] = dict(
    [
        member("vq_32", "yhy258, CIFAR-10: VQ-VAE, 8×8 codes of 512 (662,083 weights).", vq, size=32),
        member("vq_64", "yhy258's network, faces: VQ-VAE, 16×16 codes of 512 (662,083 weights).", vq, size=64),
        *(
            member(
                f"vq_{size}_prior",
                f"Samples for vq_{size}: a PixelCNN on its codes, 64 channels, 10 layers.",
                prior_on_codes,
                first=partial(vq, f"vq_{size}", size),
                channels=64,
                depth=10,
                epochs=epochs,
            )
            for size, epochs in ((32, 20), (64, 10))
        ),
    ]
)
