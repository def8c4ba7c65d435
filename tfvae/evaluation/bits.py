"""When nats may be called bits per dimension of 8-bit data."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tfvae import runs
from tfvae.configuration import Config
from tfvae.errors import UserError
from tfvae.evaluation.subject import ImageSet
from tfvae.likelihoods import LIKELIHOODS

_REASONS = {
    "binary": (
        "the likelihood is a mass of pixels that are 0 or 1 and says nothing of 8-bit values; compare the nats, with "
        "other models of images binarised alike"
    ),
    "interval": (
        "the likelihood is a density, and the pixels were not dequantised: a density of values that lie on 256 points "
        "can be made as high as one likes by narrowing it around them, so it bounds no code length; train and measure "
        "with --config.data.pixels=dequantize"
    ),
}


def converter(config: Config, images: ImageSet) -> Callable[[float], float]:
    """−log p(x) in nats → bits for each pixel value (Theis et al., arXiv:1511.01844, section 3.1).

    Args:
        config: of the model.
        images: that the nats are of.

    Raises:
        UserError: the number would have no such meaning; the message says why.
    """
    if images.source.dtype != np.uint8:
        raise UserError("no bits/dim: the images are floats, used as they are; bits/dim are those of 8-bit images")
    convert = runs.bits_per_dim(replace(config, data=replace(config.data, pixels=images.pixels)))
    if convert is None:
        raise UserError(f"no bits/dim: {_REASONS[LIKELIHOODS[config.model.likelihood.name].support]}")
    return convert
