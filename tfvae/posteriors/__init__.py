"""Posteriors q(z|x) and the noise they are reparameterised from.

To add one: write one file with a subclass of `Posterior`, and one line here.
"""

from tfvae.registry import Registry

POSTERIORS = Registry("posterior", __name__, {"gaussian": "gaussian:Gaussian", "uniform": "uniform:Uniform"})

__getattr__ = POSTERIORS.attribute
