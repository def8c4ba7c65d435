"""The kernel distance between two sets of features: a squared maximum mean discrepancy."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfvae.evaluation import figures
from tfvae.evaluation.figures import Figure

BLOCK = 1000  # of Bińkowski et al.
_BLOCKS = 10  # at least so many if there are too few images for blocks of that size
_SMALLEST = 10


def kernel_distance(a: ArrayLike, b: ArrayLike, block_size: int = BLOCK, seed: int = 0) -> Figure:
    """The unbiased estimate of MMD² with the kernel (x·y/F + 1)³: the mean over blocks, and its standard error.

    Blocks are disjoint, drawn at random without replacement, so their estimates are independent but for the sets
    being finite, and the standard error is that of a mean. Unlike the Fréchet distance it has no bias: two halves of
    one set are at 0 on average, and a value below 0 is noise. Near 0 the estimates are skewed, a few blocks high and
    most a little low: a small number of blocks can end several standard errors below 0.

    Source: Bińkowski et al., "Demystifying MMD GANs", ICLR 2018, §4; MMD²_u: Gretton et al., "A kernel two-sample
    test", JMLR 2012, equation 3.

    Args:
        a: features (N, F).
        b: features (M, F).
        block_size: images in a block, at least 2; `block_size_of` chooses one.
        seed: of the blocks.

    Raises:
        ValueError: there are too few images for one block, or a block is too small.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    count = min(len(first), len(second)) // block_size if block_size >= 2 else 0
    if not count:
        raise ValueError(f"blocks of {block_size} images of {len(first)} and {len(second)}: expected 2 to as many")
    rng = np.random.Generator(np.random.PCG64(seed))
    blocks = [rng.permutation(len(x))[: count * block_size].reshape(count, block_size) for x in (first, second)]
    estimates = [mmd(first[one], second[other]) for one, other in zip(*blocks, strict=True)]
    return figures.mean(estimates, better="lower")


def block_size_of(num_images: int) -> int:
    """A thousand, or a tenth of the images where that is less, but at least ten."""
    return max(min(BLOCK, num_images // _BLOCKS), min(_SMALLEST, num_images))


def mmd(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """MMD²_u with the cubic kernel of features (N, F) and (M, F): means over pairs of different images."""
    across = _kernel(a, b).mean()
    return float(_mean_off_diagonal(_kernel(a, a)) + _mean_off_diagonal(_kernel(b, b)) - 2 * across)


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mean_off_diagonal(matrix: NDArray[np.float64]) -> float:
    count = len(matrix)
    return float(matrix.sum() - math.fsum(matrix.diagonal())) / (count * (count - 1))
