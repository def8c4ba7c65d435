"""Charts draw what they are given."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tfvae import plotting


@pytest.fixture
def figures(monkeypatch):
    """The matplotlib figures that are written, in order."""
    written, save = [], Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *args, **kwargs: written.append(self) or save(self, *args, **kwargs)
    )
    return written


@pytest.mark.parametrize("count", [1, 5, 200])
def test_bars(tmp_path, figures, count):
    heights, strong = np.linspace(3, 0, count), np.arange(count) < 2
    labels = [str(index) for index in range(count)]
    plotting.bars(tmp_path / "a.png", {"one": heights, "two": -heights}, labels, strong, ("yes", "no"))
    one, two = figures[0].axes
    assert [bar.get_height() for bar in one.patches] == heights.tolist()
    assert [bar.get_height() for bar in two.patches] == (-heights).tolist()
    colours = [bar.get_facecolor() for bar in one.patches]
    assert len(set(colours[:2])) == 1
    assert set(colours[:2]).isdisjoint(colours[2:])
    assert [text.get_text() for text in one.get_legend().get_texts()] == [
        f"yes ({min(count, 2)})",
        f"no ({max(count - 2, 0)})",
    ]
    assert [text.get_text() for text in one.get_xticklabels()] == (labels if count < 100 else [])
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 500


@pytest.mark.parametrize("count", [1, 3, 6])
def test_histograms(tmp_path, figures, rng, count):
    values, reference = rng.normal(size=(500, count)), rng.normal(2, 1, size=(300, count))
    titles = [f"latent {index}" for index in range(count)]
    plotting.histograms(tmp_path / "a.png", values, reference, titles, ("q", "p"))
    drawn = [axis for axis in figures[0].axes if axis.get_visible()]
    assert [axis.get_title(loc="left") for axis in drawn] == titles
    for axis in drawn:
        areas = sum(bar.get_height() * bar.get_width() for bar in axis.patches[:-1])
        assert areas == pytest.approx(1)


def test_histogram_of_a_constant(tmp_path):
    plotting.histograms(tmp_path / "a.png", np.zeros((9, 1)), np.zeros((9, 1)), ["latent"], ("q", "p"))
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize("matrix", [np.array([[np.nan, -0.2], [0.1, np.nan]]), np.full((1, 1), np.nan)])
def test_heat_map_is_as_strong_as_its_largest_value(tmp_path, figures, matrix):
    plotting.heat_map(tmp_path / "a.png", matrix, "title", "latent")
    shown = figures[0].axes[0].images[0]
    limit = 0.2 if len(matrix) > 1 else 1.0
    assert shown.get_clim() == (-limit, limit)
    np.testing.assert_array_equal(np.ma.filled(shown.get_array(), np.nan), matrix)
