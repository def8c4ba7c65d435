"""The suites by name. To add one: write one file with a `Suite`, and one line here.

Modules of suites are imported to list them, and by the process that measures: no TensorFlow, no torch in them.
"""

from tfvae.registry import Registry

SUITES = Registry(
    "suite",
    __name__,
    {
        "celeba64": "training:CELEBA64",
        "gaussian_mnist": "training:GAUSSIAN_MNIST",
        "gaussian_celeba": "training:GAUSSIAN_CELEBA",
        "inception_1": "training:INCEPTION_1",
        "vq_64": "training:VQ_64",
        "mlp": "training:MLP",
        "epochs": "epochs:EPOCHS",
        "input": "input:INPUT",
        "serving": "serving:SERVING",
        "startup": "startup:STARTUP",
        "growth": "growth:GROWTH",
    },
)
