"""Quantisers: continuous latents → codes, and codes → vectors.

To add one: write one file with a subclass of `Quantizer`, and one line here.
"""

from tfvae.registry import Registry

QUANTIZERS = Registry("quantizer", __name__, {"fsq": "fsq:FiniteScalarQuantizer", "vector": "vector:VectorQuantizer"})

__getattr__ = QUANTIZERS.attribute
