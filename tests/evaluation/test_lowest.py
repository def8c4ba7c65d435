"""The lowest of a stream are those of the whole."""

import numpy as np

from tfvae.evaluation.lowest import Lowest


def test_lowest_of_a_stream(rng):
    scores, images = rng.normal(size=100), rng.random((100, 2, 2, 1))
    lowest = Lowest(7)
    for start in range(0, 100, 9):
        lowest.add(scores[start : start + 9], images[start : start + 9])
    order = np.argsort(scores)[:7]
    np.testing.assert_array_equal(lowest.kept[0], scores[order])
    np.testing.assert_array_equal(lowest.kept[1], images[order])


def test_fewer_than_wanted():
    lowest = Lowest(7)
    lowest.add(np.array([2.0, 1.0]), np.array([20, 10]))
    assert [array.tolist() for array in lowest.kept] == [[1, 2], [10, 20]]
