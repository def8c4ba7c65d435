"""Models: one final class per file, all trained by the same step in `base.py`.

To add one: write one file with a subclass of `AbstractVAE`, and one line here.
"""

from tfvae.registry import Registry

MODELS = Registry(
    "model",
    __name__,
    {
        "autoencoder": "autoencoder:Autoencoder",
        "two_stage": "two_stage:TwoStage",
        "vae": "vae:VAE",
        "vqvae": "vqvae:VQVAE",
    },
)

__getattr__ = MODELS.attribute
