"""Pictures are what they are said to be: sizes, pixels, palettes, sentences."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvae import plotting
from tfvae.errors import UserError


def test_imports_no_framework():
    code = (
        "import sys, tfvae.plotting; "
        "print([m for m in ('tensorflow', 'keras', 'tensorflow_probability', 'tf_keras', 'matplotlib', "
        "'tfvae.networks', 'tfvae.models') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_grid_places_tiles_in_reading_order():
    images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1) * np.ones((1, 2, 3, 1), np.uint8)
    picture = plotting.grid(images, columns=3, padding=1, scale=2)
    assert picture.shape == (2 * 5 + 1, 3 * 7 + 1, 1)
    assert picture.dtype == np.uint8
    for index in range(5):
        row, column = divmod(index, 3)
        tile = picture[1 + row * 5 : 5 + row * 5, 1 + column * 7 : 7 + column * 7]
        assert (tile == index).all()
    assert (picture[0] == 255).all()
    assert (picture[6:, 15:] == 255).all()  # the place that stays empty


@pytest.mark.parametrize("shape", [(4, 8, 8, 1), (6, 8, 6, 3), (2, 64, 64, 3), (1, 300, 200, 3)])
def test_grid_enlarges_small_images_only(shape):
    _, height, _, _ = shape
    picture = plotting.grid(np.zeros(shape, np.float32), columns=1, padding=0)
    assert picture.shape[0] == shape[0] * height * (8 if height == 8 else 1)


def test_grid_never_stretches():
    picture = plotting.grid(np.full((1, 2, 2, 1), 0.5), padding=0, scale=1)
    assert np.unique(picture).tolist() == [128]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 2), (64, 8), (60, 10), (3, 3)])
def test_grid_fills_its_rows(count, columns):
    picture = plotting.grid(np.zeros((count, 1, 1, 1), np.uint8), padding=0, scale=1)
    assert picture.shape[1] == columns
    assert (picture == 0).all()


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((8, 8, 1)), "expected (N, height, width, channels)"),
        (np.zeros((2, 8, 8, 2)), "1 or 3 channels"),
        (np.zeros((0, 8, 8, 1)), "at least one image"),
        (np.zeros((2, 8, 8, 1), np.int64), "type int64"),
        (np.full((2, 8, 8, 1), 255.0), "divide 0–255 values by 255"),
        (np.full((2, 8, 8, 1), -0.5), "from -0.5 to -0.5"),
        (np.array([0.0, np.nan]).reshape(2, 1, 1, 1), "image 1 holds values that are not finite"),
    ],
)
def test_images_that_cannot_be_drawn(images, words):
    with pytest.raises(UserError) as error:
        plotting.grid(images)
    assert words in str(error.value)


@pytest.mark.parametrize("options", [{"columns": 0}, {"padding": -1}, {"scale": 0}])
def test_grid_refuses_impossible_numbers(options):
    with pytest.raises(UserError, match=next(iter(options))):
        plotting.grid(np.zeros((2, 4, 4, 1)), **options)


def test_rounding_errors_are_no_fault():
    assert plotting.to_uint8(np.array([-1e-7, 1 + 1e-6]).reshape(2, 1, 1, 1)).ravel().tolist() == [0, 255]


def test_pairs_have_the_original_on_top():
    picture = plotting.pairs(np.zeros((3, 4, 4, 1)), np.full((3, 4, 4, 1), 100 / 255), columns=3, scale=1)
    column = picture[:, 12, 0].tolist()
    assert column == [255] * 12 + [0] * 4 + [255] * 3 + [100] * 4 + [255] * 12


def test_pairs_refuses_different_shapes():
    with pytest.raises(UserError, match="different shapes"):
        plotting.pairs(np.zeros((3, 4, 4, 1)), np.zeros((2, 4, 4, 1)))


@pytest.mark.parametrize(("shape", "mode"), [((4, 5), "L"), ((4, 5, 1), "L"), ((4, 5, 3), "RGB")])
def test_save_image_round_trip(tmp_path, rng, shape, mode):
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    plotting.save_image(tmp_path / "new" / "a.png", pixels)
    with Image.open(tmp_path / "new" / "a.png") as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image).reshape(shape), pixels)


def test_grey_gif(tmp_path, rng):
    frames = rng.random((5, 20, 30, 1))
    plotting.save_gif(tmp_path / "a.gif", frames, milliseconds=120)
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.mode, image.size, image.n_frames) == ("L", (30, 20), 5)
        assert (image.info["loop"], image.info["duration"]) == (0, 120)
        for index, frame in enumerate(frames):
            image.seek(index)
            np.testing.assert_array_equal(np.asarray(image.convert("L")), np.rint(frame[..., 0] * 255))


def test_colour_gif_has_one_palette(tmp_path, rng):
    smooth = np.linspace(0, 1, 40)[:, None, None] * rng.random((6, 1, 30, 3))
    plotting.save_gif(tmp_path / "a.gif", smooth)
    assert local_palettes(tmp_path / "a.gif") == [False] * 6
    with Image.open(tmp_path / "a.gif") as image:
        for index, frame in enumerate(smooth):
            image.seek(index)
            shown = np.asarray(image.convert("RGB")) / 255
            assert np.abs(shown - frame).mean() < 0.04


def test_what_stands_still_does_not_crawl(tmp_path, rng):
    frames = np.tile(rng.random((1, 24, 24, 3)), (6, 1, 1, 1))
    frames[:, :8] = rng.random((6, 8, 24, 3))
    plotting.save_gif(tmp_path / "a.gif", frames)
    with Image.open(tmp_path / "a.gif") as image:
        shown = []
        for index in range(6):
            image.seek(index)
            shown.append(np.asarray(image.convert("RGB"))[8:])
    assert all((later == shown[0]).all() for later in shown)


def test_few_colours_are_exact(tmp_path, rng):
    colours = rng.integers(0, 256, (200, 3), dtype=np.uint8)
    frames = colours[rng.integers(0, 200, (4, 16, 16))]
    plotting.save_gif(tmp_path / "a.gif", frames)
    with Image.open(tmp_path / "a.gif") as image:
        for index, frame in enumerate(frames):
            image.seek(index)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), frame)


@pytest.mark.parametrize("milliseconds", [0, 10, 25, -100])
def test_gif_refuses_durations_that_browsers_change(tmp_path, milliseconds):
    with pytest.raises(UserError, match="multiple of 10 ms, and at least 20"):
        plotting.save_gif(tmp_path / "a.gif", np.zeros((2, 4, 4)), milliseconds)


@pytest.mark.parametrize("frames", [[], [np.zeros((4, 4)), np.zeros((4, 5))], [np.zeros((4, 4)), np.zeros((4, 4, 3))]])
def test_gif_needs_frames_of_one_kind(tmp_path, frames):
    with pytest.raises(UserError, match="one size and kind"):
        plotting.save_gif(tmp_path / "a.gif", frames)


def test_labels_go_beside_the_picture():
    picture = np.zeros((40, 60, 3), np.float32)
    words = plotting.labelled(picture, rows=["a", "b"], columns=["left", "right"])
    height, width, _ = words.shape
    assert height > 40
    assert width > 60
    assert (words[height - 40 :, width - 60 :] == 0).all()
    assert plotting.labelled(picture, columns=["title"]).shape[1] == 60


def test_beside():
    one, other = np.zeros((4, 5, 1), np.uint8), np.full((4, 6, 1), 9, np.uint8)
    assert plotting.beside([one, other], gap=2)[0, :, 0].tolist() == [0] * 5 + [255] * 2 + [9] * 6
    with pytest.raises(UserError, match="do not fit"):
        plotting.beside([one, np.zeros((3, 5, 1), np.uint8)])


def log(epochs):
    falling = 100 + 50 * np.exp(-np.arange(epochs) / 5)
    return {
        "epoch": np.arange(epochs),
        "loss": falling - 5,
        "negative_elbo": falling,
        "val_negative_elbo": falling + 2,
        "kl": falling / 10,
        "beta": np.linspace(0, 1, epochs),
        "sigma": np.full(epochs, 0.1),
        "codebook_perplexity": falling,
        "val_mse": np.full(epochs, np.nan),
    }


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_curves(tmp_path, epochs):
    plotting.curves(tmp_path / "a.png", log(epochs))
    plotting.curves(tmp_path / "b.png", {key: list(map(float, value)) for key, value in log(epochs).items()})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 1000
        assert image.height > 400


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "nothing to draw"),
        ({"epoch": [0, 1]}, "nothing to draw"),
        ({"kl": [float("nan")]}, "nothing to draw"),
        ({"kl": [1.0], "mse": [1.0, 2.0]}, "kl 1, mse 2"),
    ],
)
def test_curves_refuses_a_log_without_values(tmp_path, columns, words):
    with pytest.raises(UserError, match=words):
        plotting.curves(tmp_path / "a.png", columns)


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ([1e6, 120, 110, 105, 103, 102, 101, 100], 130),
        ([1e6, 100, 90], 110),
        ([112, 100, 99.9], 113),
        ([16.4, 5.4, 5.9, 6.0, 9.1, 4.4, 5.8, 5.9], 17),  # high, but not huge: stays in sight
        ([7.0, 7.0, 7.0], 14),
        ([0.0], 1),
    ],
)
def test_a_huge_first_value_does_not_flatten_the_rest(values, top):
    from matplotlib.figure import Figure

    from tfvae.plotting.curves import _limit

    axis = Figure().add_subplot()
    axis.plot(values)
    _limit(axis, np.asarray(values, np.float64), robust=True)
    assert max(value for value in values if value < 1e5) <= axis.get_ylim()[1] <= top


@pytest.mark.parametrize("first", [0, 1])
def test_epochs_are_drawn_from_one(tmp_path, first):
    from matplotlib.figure import Figure

    from tfvae.plotting.curves import _PANELS, _draw_panel

    axis = Figure().add_subplot()
    columns = {"epoch": np.arange(first, first + 3.0), "negative_elbo": np.array([3.0, 2.0, 1.0])}
    _draw_panel(axis, _PANELS[0], columns)
    assert axis.lines[0].get_xdata().tolist() == [1, 2, 3]


def local_palettes(path):
    """For each frame of a GIF, whether it carries a palette of its own."""
    data = path.read_bytes()
    position = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    found = []
    while data[position] != 0x3B:
        if data[position] == 0x21:  # an extension: introducer, label, then sub-blocks
            position += 2
        else:
            packed = data[position + 9]
            found.append(bool(packed & 0x80))
            position += 11 + (3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0)
        while data[position]:
            position += data[position] + 1
        position += 1
    return found
