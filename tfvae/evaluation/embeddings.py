"""Codes of many dimensions as points of two, to look at."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

_BEFORE_TSNE = 50  # dimensions: scikit-learn's advice, against noise and time
_PERPLEXITY = 30.0
_LEAST = 4  # points: fewer have no neighbourhoods


def planes(codes: ArrayLike, seed: int) -> dict[str, NDArray[np.float64]]:
    """Method → places (N, 2): the two directions of most variance, and t-SNE, begun from them.

    Codes of one dimension get a second of 0. Codes that do not vary, or very few, have no t-SNE.

    Args:
        codes: (N, L), N ≥ 2.
        seed: of t-SNE.
    """
    values = np.asarray(codes, np.float64)
    values = np.pad(values, ((0, 0), (0, max(0, 2 - values.shape[1]))))
    centred = values - values.mean(axis=0)
    if len(values) < _LEAST or not centred.any():
        return {"PCA": centred[:, :2]}
    places = PCA(min(_BEFORE_TSNE, *values.shape), svd_solver="full").fit_transform(values)
    flat = places[:, :2]
    start = 1e-4 * flat / flat.std(axis=0).max()
    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    tsne = TSNE(init=start.astype(np.float32), perplexity=perplexity, random_state=seed % 2**32)  # type: ignore[arg-type]
    with threadpool_limits(1):  # several threads wait for each other wherever another process has a core
        return {"PCA": flat, "t-SNE": tsne.fit_transform(places).astype(np.float64)}
