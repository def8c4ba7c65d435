"""The weight of the KL term: `step → β`, and what is made of the KL with it.

To add one: write one file with a dataclass that subclasses `KLWeight`, and one line here. (Learning rates use
`keras.optimizers.schedules` as they are.)
"""

from tfvae.registry import Registry

KL_WEIGHTS = Registry(
    "KL weight",
    __name__,
    {
        "constant": "constant:Constant",
        "linear": "warmup:Linear",
        "cosine": "warmup:Cosine",
        "sigmoid": "warmup:Sigmoid",
        "cyclical": "cyclical:Cyclical",
        "capacity": "capacity:Capacity",
        "free_bits": "free_bits:FreeBits",
    },
)

__getattr__ = KL_WEIGHTS.attribute
