"""What nearest neighbours tell of a set of images: precision and recall, density and coverage, copies."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from tfvae.progress import track

PRECISION_NEIGHBOURS = 3  # k of Kynkäänniemi et al.
COVERAGE_NEIGHBOURS = 5  # k of Naeem et al.

_FLOATS = 2**23  # of a block of distances: 64 MiB
# A copy of a neighbour lies on the sphere, and must not fall outside by a rounding error.
_ROUNDING = 1e-7


class Manifold(NamedTuple):
    """Features (N, F) float64, and the distance of each to its 1st, 2nd, … 5th nearest other one, (N, 5)."""

    features: NDArray[np.float64]
    radii: NDArray[np.float64]


def manifold(features: ArrayLike) -> Manifold:
    """Balls around each feature (N, F), N > 5, that reach to its nearest neighbours in the set.

    Raises:
        ValueError: there are too few features.
    """
    points = np.ascontiguousarray(features, np.float64)
    search = NearestNeighbors(n_neighbors=COVERAGE_NEIGHBOURS, algorithm="brute").fit(points)
    distances, _ = search.kneighbors()
    return Manifold(points, distances)


class Neighbourhoods(NamedTuple):
    """One value for each image; the measures are their means.

    The standard error of such a mean holds the other set's balls as given, and so is a little too small.

    Attributes:
        precision: (M,) whether a candidate lies in the ball of a reference image, k = 3.
        recall: (N,) whether a reference image lies in the ball of a candidate, k = 3.
        density: (M,) in how many balls of reference images a candidate lies, over k = 5: 1 on average for a sample
            of the same distribution, and not bounded by 1.
        coverage: (N,) whether the ball of a reference image, k = 5, holds a candidate.
    """

    precision: NDArray[np.bool_]
    recall: NDArray[np.bool_]
    density: NDArray[np.float64]
    coverage: NDArray[np.bool_]


def neighbourhoods(reference: Manifold, candidates: Manifold, label: str = "") -> Neighbourhoods:
    """How N reference images and M candidates lie among each other; memory is bounded.

    Sources: precision and recall: Kynkäänniemi et al., "Improved precision and recall metric for assessing
    generative models", NeurIPS 2019, equations 1 to 3; density and coverage: Naeem et al., "Reliable fidelity and
    diversity metrics for generative models", ICML 2020, equations 3 and 4.

    Args:
        reference: real images.
        candidates: what is measured.
        label: of the bar; "" for none.
    """
    wide, narrow = (COVERAGE_NEIGHBOURS - 1, PRECISION_NEIGHBOURS - 1)
    num_reference, num_candidates = len(reference.features), len(candidates.features)
    precision, held = np.zeros(num_candidates, bool), np.zeros(num_candidates)
    recall, coverage = np.zeros(num_reference, bool), np.zeros(num_reference, bool)
    grown, other = reference.radii * (1 + _ROUNDING), candidates.radii[:, narrow] * (1 + _ROUNDING)
    for rows in _blocks(num_reference, num_candidates, label):
        distances = euclidean_distances(reference.features[rows], candidates.features)
        precision |= (distances <= grown[rows, narrow, None]).any(0)
        recall[rows] = (distances <= other).any(1)
        inside = distances <= grown[rows, wide, None]
        held += inside.sum(0)
        coverage[rows] = inside.any(1)
    return Neighbourhoods(precision, recall, held / COVERAGE_NEIGHBOURS, coverage)


def _blocks(num_rows: int, num_columns: int, label: str) -> Iterator[slice]:
    size = max(1, _FLOATS // num_columns)
    starts = range(0, num_rows, size)
    for start in track(starts, label) if label else starts:
        yield slice(start, start + size)


def nearest(queries: ArrayLike, batches: Iterable[np.ndarray], k: int = 1) -> tuple[NDArray, NDArray]:
    """The k nearest of many points that come in batches, by Euclidean distance.

    Args:
        queries: (Q, D).
        batches: of points (B, D), of which all together are numbered from 0.
        k: how many; fewer if there are fewer points.

    Returns:
        Their numbers (Q, k) and distances (Q, k), nearest first.
    """
    points = np.ascontiguousarray(queries, np.float64)
    indices, squares, first = np.empty((len(points), 0), np.int64), np.empty((len(points), 0)), 0
    for batch in batches:
        found = euclidean_distances(points, batch.astype(np.float64), squared=True)
        squares = np.concatenate([squares, found], axis=1)
        numbers = np.broadcast_to(np.arange(first, first + len(batch)), found.shape)
        indices = np.concatenate([indices, numbers], axis=1)
        first += len(batch)
        indices, squares = _kept(indices, squares, k)
    order = np.argsort(squares, axis=1, kind="stable")
    return np.take_along_axis(indices, order, 1), np.sqrt(np.take_along_axis(squares, order, 1))


def _kept(indices: NDArray, squares: NDArray, k: int) -> tuple[NDArray, NDArray]:
    if squares.shape[1] <= k:
        return indices, squares
    kept = np.argpartition(squares, k - 1, axis=1)[:, :k]
    return np.take_along_axis(indices, kept, 1), np.take_along_axis(squares, kept, 1)
