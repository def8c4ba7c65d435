"""Encoder and decoder networks: plain Keras models, built for an image shape.

To add a family: write one file with a dataclass that subclasses `Network`, and one line here.
"""

from tfvae.registry import Registry

NETWORKS = Registry(
    "network",
    __name__,
    {
        "mlp": "mlp:MLP",
        "residual": "residual:Residual",
        "strided_conv": "strided_conv:StridedConv",
    },
)

__getattr__ = NETWORKS.attribute
