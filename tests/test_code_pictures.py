"""Pictures of codes."""

import numpy as np
import pytest
from PIL import Image

from tfvae import plotting
from tfvae.errors import UserError
from tfvae.plotting.codes import code_colours


def test_usage_says_its_numbers(tmp_path):
    plotting.code_usage(tmp_path / "usage.png", [4, 0, 4, 8])
    assert np.asarray(Image.open(tmp_path / "usage.png")).std() > 0
    with pytest.raises(UserError, match="no codes were counted"):
        plotting.code_usage(tmp_path / "none.png", [0, 0])
    assert not (tmp_path / "none.png").exists()


def test_maps_have_a_colour_for_each_vector(rng):
    images = rng.random((3, 8, 8, 1)).astype(np.float32)
    table = rng.normal(size=(5, 4))
    codes = rng.integers(5, size=(3, 2, 2))
    picture = plotting.code_maps(images, table[codes], images)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    # Tiles of 64 pixels, 2 apart, right of the words.
    left = picture.shape[1] - (3 * 66 + 2) + 2
    tiles = [picture[68:132, left + 66 * index : left + 66 * index + 64] for index in range(3)]
    colours = {}
    for tile, places in zip(tiles, codes, strict=True):
        for row in range(2):
            for column in range(2):
                part = tile[32 * row : 32 * row + 32, 32 * column : 32 * column + 32].reshape(-1, 3)
                assert len(np.unique(part, axis=0)) == 1
                colours.setdefault(places[row, column], set()).add(tuple(part[0]))
    assert all(len(found) == 1 for found in colours.values())
    assert len(set.union(*colours.values())) == len(colours) > 2


def test_near_vectors_have_near_colours(rng):
    vectors = np.concatenate([np.zeros((1, 1, 1, 3)), np.full((1, 1, 1, 3), 0.01), np.ones((1, 1, 1, 3))])
    found = code_colours(vectors).astype(int)[:, 0, 0]
    assert np.abs(found[0] - found[1]).max() < 20
    assert np.abs(found[0] - found[2]).max() > 200


def test_maps_of_fewer_than_three_numbers(rng):
    images = rng.random((2, 8, 8, 3)).astype(np.float32)
    assert plotting.code_maps(images, rng.normal(size=(2, 2, 2, 1)), images).shape[2] == 3
