"""Likelihoods p(x|z): normalised log-densities (or masses) of images, in nats.

To add one: write one file with a subclass of `Likelihood` (or `LocationScale`), and one line here. The contract
tests then cover it.
"""

from tfvae.registry import Registry

LIKELIHOODS = Registry(
    "likelihood",
    __name__,
    {
        "bernoulli": "bernoulli:Bernoulli",
        "continuous_bernoulli": "continuous_bernoulli:ContinuousBernoulli",
        "discretized_logistic": "discretized_logistic:DiscretizedLogistic",
        "gaussian": "gaussian:Gaussian",
        "laplace": "laplace:Laplace",
    },
)

__getattr__ = LIKELIHOODS.attribute
