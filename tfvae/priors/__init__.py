"""Priors p(z).

To add one: write one file with a subclass of `Prior`, and one line here.
"""

from tfvae.registry import Registry

PRIORS = Registry(
    "prior", __name__, {"mixture": "mixture:Mixture", "standard_normal": "standard_normal:StandardNormal"}
)

__getattr__ = PRIORS.attribute
