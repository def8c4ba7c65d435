"""Keras' layers where they are slow on a CPU, faster: the same weights under the same names, and the same numbers.

Weights saved by either load in the other. Each file says what it does otherwise and why; on a GPU, and where
that does not fit, a layer computes what Keras' own does.
"""

from tfvae.layers.batch_normalization import BatchNormalization
from tfvae.layers.convolution import Conv2D
from tfvae.layers.transposed_convolution import Conv2DTranspose

__all__ = ["BatchNormalization", "Conv2D", "Conv2DTranspose"]
