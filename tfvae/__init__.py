"""Variational autoencoders for TensorFlow 2, Keras 3 and TensorFlow Probability.

Names are loaded when they are used (PEP 562): `import tfvae` and `import tfvae.plotting` import no TensorFlow.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={
        "code_priors",
        "datasets",
        "evaluation",
        "export",
        "likelihoods",
        "models",
        "networks",
        "objectives",
        "plotting",
        "posteriors",
        "priors",
        "quantizers",
        "runs",
        "schedules",
        "training",
    },
    submod_attrs={
        "models": ["VAE"],
        "runs": ["load"],
    },
)
