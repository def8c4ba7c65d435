"""Encoder and decoder networks: plain Keras models, built for an image shape.

To add a family: write one file with a dataclass that subclasses `Network`, and one line here.
"""

from tfvae.registry import Registry

NETWORKS = Registry(
    "network",
    __name__,
    {
        "halving_conv": "halving_conv:HalvingConv",
        "linear_residual": "linear_residual:LinearResidual",
        "mlp": "mlp:MLP",
        "pooled_blocks": "pooled_blocks:PooledBlocks",
        "pooled_conv": "pooled_conv:PooledConv",
        "residual": "residual:Residual",
        "residual_stack": "residual_stack:ResidualStack",
        "skip_conv": "skip_conv:SkipConv",
        "strided_conv": "strided_conv:StridedConv",
    },
)

__getattr__ = NETWORKS.attribute
