"""The picture of all rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tfvae.experiments import picture

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.mark.parametrize("num_images", [4, 15, 20])
def test_each_row_has_its_own_however_few_test_images_there_are(tmp_path, num_images):
    def tiles(count, colour):
        return np.full((count, 64, 64, 3), colour, np.uint8)

    few = min(num_images, 10)
    row = {"originals": tiles(num_images, RED), "reconstructions": tiles(few, GREEN), "samples": tiles(10, BLUE)}
    results = [SimpleNamespace(training=SimpleNamespace(name=name), tiles=lambda: row) for name in ("one", "other")]
    picture.draw(tmp_path / "rows.png", results)
    with Image.open(tmp_path / "rows.png") as drawn:
        pixels = np.asarray(drawn.convert("RGB"))

    def lines(colour):
        return np.flatnonzero((pixels == colour).all(axis=2).any(axis=1))

    assert lines(RED).max() < min(lines(GREEN).min(), lines(BLUE).min())
    assert len(lines(GREEN)) == len(lines(BLUE)) == 2 * 64
    assert (pixels == GREEN).all(axis=2).sum() == 2 * few * 64 * 64
