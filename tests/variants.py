"""Which options the contracts try of a registry entry. An entry that is not named here is tried with its defaults."""

from itertools import chain

import pytest

from tfvae.configuration import Component
from tfvae.registry import Registry

LIKELIHOODS = {
    "gaussian": [
        {},
        {"scale": 0.2, "location": "tanh"},
        {"scale": "optimal"},
        {"scale": "per_pixel"},
    ],
    "laplace": [{}, {"scale": "optimal"}, {"scale": "per_pixel"}],
    "discretized_logistic": [{}, {"scale": 0.02}, {"scale": "per_pixel", "location": "tanh"}],
}
PRIORS = {
    "mixture": [{"components": 3}, {"components": 2, "covariance": "full"}, {"components": 1, "covariance": "diagonal"}]
}
POSTERIORS = {"gaussian": [{}, {"stddev": "softplus"}], "uniform": [{}, {"interval": "above"}]}
# Small, for every network is trained, saved and exported.
NETWORKS = {
    "halving_conv": [
        {"channels": (4, 6)},
        {"channels": (4,), "projection": 5, "negative_slope": 0.01, "output": "batch_norm"},
    ],
    "linear_residual": [{"channels": (4, 6)}, {"channels": (4,), "blocks": 0, "activation": "silu"}],
    "mlp": [{"units": (8, 6)}],
    "pooled_blocks": [
        {"channels": (4, 6), "pools": (2,)},
        {"block": "inception", "channels": (4, 6), "pools": (4,)},
        {"channels": (4,), "pools": (), "repeats": 2},
    ],
    "pooled_conv": [
        {"channels": (4, 6), "pools": (2, 2), "last": 5},
        {"channels": (4,), "pools": (4,), "last": 0, "dense": 6},
    ],
    "residual": [{"channels": (4, 6)}, {"channels": (4,), "blocks": 2, "activation": "silu"}],
    "residual_stack": [{"hidden": 4, "residual": 3}, {"hidden": 6, "blocks": 0}],
    "skip_conv": [{"channels": (2,), "pools": (16,), "activation": "gelu"}],  # few latents are left for the code
    "strided_conv": [
        {"channels": (4, 6)},
        {"channels": (4, 6), "batch_norm": False, "activation": "gelu"},
        {"channels": (4, 6), "output": "dense", "initializer": "truncated_normal"},
        {"channels": (4, 4, 6), "strides": (2, 1, 2), "decoder_channels": (6, 4, 4), "kernel_size": 5},
    ],
}
QUANTIZERS = {
    "fsq": [{"levels": (3, 4, 5)}],
    "vector": [
        {"codes": 4},
        {"codes": 5, "update": "gradient", "gradient": "rotation", "distance": "cosine", "revive_after": 2},
    ],
}
CODE_PRIORS = {"pixelcnn": [{"channels": 8, "depth": 2}, {"channels": 6, "depth": 1, "kernel_size": 5}]}
KL_WEIGHTS = {"linear": [{}, {"duration": 3}]}

TABLES = {
    "likelihood": LIKELIHOODS,
    "prior": PRIORS,
    "posterior": POSTERIORS,
    "network": NETWORKS,
    "quantizer": QUANTIZERS,
    "code prior": CODE_PRIORS,
    "KL weight": KL_WEIGHTS,
}


def components(registry: Registry) -> list[Component]:
    """Every entry of a registry with each of its options to try."""
    table = TABLES.get(registry.kind, {})
    return list(chain.from_iterable([Component(name, **one) for one in table.get(name, [{}])] for name in registry))


def params(*registries: Registry) -> list:
    """The same as parameters of a test, with readable ids."""
    return [
        pytest.param(registry, component, id=f"{registry.kind}-{component}".replace(" ", ""))
        for registry in registries
        for component in components(registry)
    ]
