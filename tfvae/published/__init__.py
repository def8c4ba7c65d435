"""Presets of published systems: one file each, with the reference and every deviation in the docstrings.

To add one: write one file with `PRESETS`, and one line here.
"""

from tfvae.published import celeba64, gaussian_decoder, inception, pooled, standard_and_beta, vq_vae
from tfvae.published.parts import Preset

PRESETS: dict[str, Preset] = {
    **gaussian_decoder.PRESETS,
    **celeba64.PRESETS,
    **pooled.PRESETS,
    **standard_and_beta.PRESETS,
    **vq_vae.PRESETS,
    **inception.PRESETS,
}
