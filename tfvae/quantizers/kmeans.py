"""Where a codebook begins: at the means of clusters of latents."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

ROUNDS = 20  # a start only: the codebook goes on learning

Array = NDArray[np.floating[Any]]


def centres(latents: Array, count: int, seed: int) -> Array:
    """The means (K, D) that k-means finds, begun by k-means++ (Arthur and Vassilvitskii 2007).

    Where fewer than K latents differ, each of them is a mean, and the rest repeat some: for later latents to part.

    Args:
        latents: (N, D).
        count: K.
        seed: of the start, and of what is repeated.
    """
    # Places of an even ground have one latent, to the last bit: it would be the mean of many clusters.
    distinct, numbers = np.unique(latents, axis=0, return_counts=True)
    if len(distinct) <= count:
        repeated = np.random.default_rng(seed).integers(len(distinct), size=count - len(distinct))
        return np.concatenate([distinct, distinct[repeated]])
    # On one thread: several add up in the order in which they come to an end.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # of latents that differ in their last bits
        found = KMeans(count, n_init=1, max_iter=ROUNDS, random_state=seed).fit(distinct, sample_weight=numbers)
    return found.cluster_centers_
