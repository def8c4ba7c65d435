"""Pictures of what a prior on codes draws, on a planted model whose images are its codes."""

import numpy as np
import pytest

from tfvae.inference import code_draws
from tfvae.inference.walks import and_back
from tfvae.plotting import filling, place_map

COUNT, SHAPE = 3, (4, 5)


class Planted:
    """Draws codes 0, 1, 2, the higher the temperature the more; decodes a code to a pixel."""

    def __init__(self):
        self.asked = []

    def sample(self, count, seed, temperature):
        self.asked.append(temperature)
        return np.full((count, *SHAPE, 1), temperature / 2), np.zeros((count, *SHAPE, 2))

    def sample_codes(self, count, seed, temperature):
        codes = np.random.default_rng(seed).integers(0, 3, (count, *SHAPE))
        codes[:, 0] = 2  # the commonest, and the first
        codes[:, 1] = 2
        return codes, np.stack([codes, codes**2], axis=-1).astype(float)

    def decode_codes(self, codes):
        return codes[..., None] / 2


def test_temperatures_rise_and_fall():
    model = Planted()
    frames = code_draws.temperatures(model, COUNT, seed=0)
    assert model.asked == sorted(model.asked)
    assert (model.asked[0], model.asked[-1]) == pytest.approx((0, 1.2))
    assert len(frames) == len(and_back(model.asked))
    assert frames[0].mean() < frames[len(model.asked) - 1].mean()  # brighter, as planted


def test_codes_come_one_after_another():
    model = Planted()
    codes, _ = model.sample_codes(COUNT, 0, 1.0)
    for known in (0, 7, 20):
        found = code_draws._so_far(codes, known).reshape(COUNT, -1)
        np.testing.assert_array_equal(found[:, :known], codes.reshape(COUNT, -1)[:, :known])
        assert (found[:, known:] == 2).all()
    frames = code_draws.codes_filling_in(model, COUNT, 0, 1.0)
    assert len(frames) == 21 + code_draws._HELD  # none to all of 20, and the last held
    for one, other in zip(frames[-code_draws._HELD :], frames[-code_draws._HELD - 1 : -1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("places", "frames"), [(1, 2), (49, 50), (256, 65)])
def test_moments_go_from_none_to_all(places, frames):
    found = code_draws._moments(places)
    assert (found[0], found[-1], len(found)) == (0, places, frames)
    assert found == sorted(set(found))


def test_what_is_not_known_is_grey():
    vectors = np.random.default_rng(0).normal(size=(2, 2, 2, 3))
    images = np.zeros((2, 8, 8, 1))
    nothing, half, everything = filling(vectors, [images] * 3, [0, 2, 4])
    first, second = ((one != other).any(axis=-1) for one, other in ((nothing, half), (half, everything)))
    assert first.any()
    assert second.any()
    assert not (first & second).any()
    assert np.flatnonzero(first)[0] < np.flatnonzero(second)[0]  # the upper half first
    assert not everything[first | second].any(axis=-1).all()  # black images, and codes that have colours
    assert nothing.shape == half.shape == everything.shape
    assert nothing.dtype == np.uint8


@pytest.mark.parametrize("shape", [(2, 3), (16, 16)])
def test_a_map_of_places(shape, tmp_path):
    place_map(tmp_path / "places.png", np.random.default_rng(0).random(shape), "Bits")
    assert (tmp_path / "places.png").stat().st_size > 1000
