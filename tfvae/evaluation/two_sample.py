"""Whether two samples can come from one distribution."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from tfvae.errors import UserError


@dataclass(frozen=True)
class TwoSample:
    """What an energy test found.

    Attributes:
        distance: 2·E|X − Y| − E|X − X'| − E|Y − Y'| of the distributions, in the unit of the values; estimated without
            bias from pairs of different values, and so below 0 at times if they are equal.
        effect: that as a share of 2·E|X − Y|: 0 for equal distributions, 1 for two points.
        p_value: the share of random divisions of the pooled values that lie as far apart, at least 1/(P + 1).
    """

    distance: float
    effect: float
    p_value: float


def energy_test(first: np.ndarray, second: np.ndarray, permutations: int = 999, seed: int = 0) -> TwoSample:
    """Energy test of equal distributions; Székely and Rizzo 2013, "Energy statistics".

    It finds every kind of difference, given enough values, and has no bandwidth to choose. The p-value is exact:
    if the distributions are equal, it is below α with a probability of at most α. Values of one sample must be
    independent of each other.

    Args:
        first: (N, L).
        second: (M, L).
        permutations: P.
        seed: of the permutations.

    Raises:
        UserError: arrays of other shapes, or with fewer than two rows.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < 2:
        raise UserError(f"samples of shapes {first.shape} and {second.shape}: expected (N, L) and (M, L), N and M ≥ 2")
    pooled = np.concatenate([first, second]).astype(np.float64)
    distances = cdist(pooled, pooled)  # (N + M, N + M)
    weights = np.repeat([1 / len(first), -1 / len(second)], [len(first), len(second)])
    rng = np.random.default_rng(seed)
    columns = rng.permuted(np.repeat(weights[:, None], permutations, axis=1), axis=0)
    # With w = 1/N on one part and −1/M on the other, −wᵀDw is the energy distance of the two parts.
    drawn = -np.einsum("ip,ip->p", columns, distances @ columns)  # (P,)
    found = float(-weights @ distances @ weights)
    # Equal divisions must count as equal, whatever the order of their sums.
    as_far = int(np.sum(drawn >= found - 1e-9 * distances.mean()))
    distance, between = _unbiased(distances, len(first))
    return TwoSample(distance, distance / between if between else 0.0, (1 + as_far) / (1 + permutations))


def _unbiased(distances: np.ndarray, size: int) -> tuple[float, float]:
    """The energy distance from pairs of different values, and its first term, 2·E|X − Y|."""
    between = float(2 * distances[:size, size:].mean())
    blocks = (distances[:size, :size], distances[size:, size:])
    return between - sum(float(block.sum()) / (len(block) * (len(block) - 1)) for block in blocks), between
