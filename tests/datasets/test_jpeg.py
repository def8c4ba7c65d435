"""A part of a JPEG is what Pillow decodes there, whichever way the file went."""

import io

import numpy as np
import pytest
from PIL import Image

from tfvae.datasets import jpeg
from tfvae.datasets.jpeg import Window, decode_window, plain_size

SIZE = (60, 90)  # width, height
WINDOW = Window(21, 13, 40, 33)


@pytest.fixture
def picture(rng) -> np.ndarray:
    small = rng.integers(0, 256, (9, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize(SIZE))


def by_pillow(data: bytes, channels: int = 3, window: Window = WINDOW) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB").convert("RGB" if channels == 3 else "L")).reshape(90, 60, channels)
    return pixels[window.top : window.top + window.height, window.left : window.left + window.width]


@pytest.fixture
def no_pillow(monkeypatch):
    def refuse(data, channels):
        raise AssertionError("decoded the slow way")

    monkeypatch.setattr(jpeg, "decode", refuse)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_plain_file(channels, subsampling, picture, encode, no_pillow):
    data = encode(picture, "JPEG", subsampling=subsampling, quality=85)
    assert plain_size(data) == SIZE
    np.testing.assert_array_equal(decode_window(data, WINDOW, channels, SIZE), by_pillow(data, channels))


@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
def test_every_edge(subsampling, picture, encode, no_pillow, rng):
    """Colours at an edge are made of those beyond it."""
    data = encode(picture, "JPEG", subsampling=subsampling, quality=95)
    for _ in range(300):
        (top, bottom), (left, right) = (np.sort(rng.choice(length + 1, 2, replace=False)) for length in (90, 60))
        window = Window(*map(int, (top, left, bottom - top, right - left)))
        np.testing.assert_array_equal(decode_window(data, window, 3, SIZE), by_pillow(data, window=window), str(window))


def test_grey_file(picture, encode, no_pillow):
    data = encode(picture[..., 0], "JPEG")
    np.testing.assert_array_equal(decode_window(data, WINDOW, 3, SIZE), by_pillow(data))


def test_unusual_files_go_the_slow_way(picture, encode):
    exif = Image.Exif()
    exif[0x0112] = 1  # orientation: as it is
    unusual = [encode(picture, "JPEG", exif=exif), encode(picture, "JPEG", progressive=True), encode(picture, "PNG")]
    in_inks = io.BytesIO()
    Image.fromarray(picture).convert("CMYK").save(in_inks, "JPEG")
    unusual.append(in_inks.getvalue())
    for data in unusual:
        assert plain_size(data) is None
        np.testing.assert_array_equal(decode_window(data, WINDOW, 3, SIZE), by_pillow(data))


def test_orientation_counts(picture, encode):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    data = encode(picture, "JPEG", exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        turned = np.asarray(image)[::-1, ::-1]
    np.testing.assert_array_equal(decode_window(data, WINDOW, 3, SIZE), turned[21:61, 13:46])


@pytest.mark.parametrize("left", [0, 2, 30, 400, -3])
def test_truncated_file_is_refused_even_below_the_window(left, picture, encode):
    with pytest.raises(OSError, match=r"(?i)truncated|cannot identify|broken"):
        decode_window(encode(picture, "JPEG")[:left], WINDOW, 3, SIZE)


def test_another_size(picture, encode):
    with pytest.raises(ValueError, match=r"it is \(60, 89\), wide and high, where aligned ones are \(60, 90\)"):
        decode_window(encode(picture[:89], "JPEG"), WINDOW, 3, SIZE)
