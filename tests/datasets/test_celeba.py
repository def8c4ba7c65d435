import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfvae.datasets.base import Request
from tfvae.datasets.celeba import load
from tfvae.datasets.pipeline import evaluation_batches
from tfvae.errors import UserError

LISTED = {"000001.jpg": 0, "000002.jpg": 0, "000003.jpg": 0, "000004.jpg": 1, "000005.jpg": 2, "000006.jpg": 2}


@pytest.fixture
def write_celeba(rng, encode, write_tree, bare_machine):
    """Writes a small CelebA, whose lists have CRLF line ends as the official ones, and gives its folder."""

    def write(kind="folder", images=tuple(LISTED), partition=None, attributes=True):
        small = rng.integers(0, 256, (len(images), 9, 8, 3), np.uint8)
        big = [np.asarray(Image.fromarray(image).resize((178, 218))) for image in small]
        files = {f"img_align_celeba/{name}": encode(image, "JPEG") for name, image in zip(images, big, strict=True)}
        path = write_tree(files, kind)
        folder = path if kind == "folder" else path.rename(path.with_name("img_align_celeba.zip")).parent
        lines = [f"{name} {part}" for name, part in LISTED.items()] if partition is None else partition
        (folder / "list_eval_partition.txt").write_bytes("\r\n".join([*lines, ""]).encode())
        if attributes:
            rows = [f"{name} {' 1' if part else '-1'}  1" for name, part in LISTED.items()]
            (folder / "list_attr_celeba.txt").write_bytes("\r\n".join(["6", "Smiling Male", *rows, ""]).encode())
        return str(folder)

    return write


@pytest.mark.parametrize("kind", ["folder", "stored", "deflated"])
def test_official_partition_and_attributes(kind, write_celeba):
    splits = load(Request(dir=write_celeba(kind)))
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == [3, 1, 2]
    assert splits.train.label_names == ("Smiling", "Male")
    assert splits.train.labels.tolist() == [[0, 1]] * 3
    assert splits.test.labels.tolist() == [[1, 1]] * 2
    assert splits.train.images([2, 0]).shape == (2, 64, 64, 3)
    assert splits.notes == (
        "3 of 162,770 images of the official training partition found",
        "1 of 19,867 images of the official validation partition found",
        "2 of 19,962 images of the official test partition found",
    )


def test_subset_strangers_and_no_attributes(write_celeba):
    splits = load(Request(dir=write_celeba(images=("000002.jpg", "000006.jpg", "000099.jpg"), attributes=False)))
    assert (splits.train.num_images, splits.validation, splits.test.num_images) == (1, None, 1)
    assert splits.train.labels is None
    assert "1 of 3 image files are not in list_eval_partition.txt: left out" in splits.notes


@pytest.mark.parametrize(
    ("partition", "words"),
    [
        (["000001.jpg 0", "000002.jpg 3"], "line 2, is '000002.jpg 3': expected an image name and 0, 1 or 2"),
        (["000001.jpg 2"], "leaves no image to train on"),
    ],
)
def test_unusable_partition(partition, words, write_celeba):
    with pytest.raises(UserError, match=words):
        load(Request(dir=write_celeba(partition=partition)))


def test_short_attribute_list(write_celeba):
    folder = write_celeba(images=("000001.jpg", "000007.jpg"), partition=["000001.jpg 0", "000007.jpg 0"])
    with pytest.raises(UserError, match=r"list_attr_celeba.txt does not list 000007.jpg with 2 attributes"):
        load(Request(dir=folder))


def test_unknown_crop_and_oblong_shape(write_celeba):
    with pytest.raises(UserError, match="no CelebA crop 'close': did you mean 'closecrop'"):
        load(Request(), crop="close")
    with pytest.raises(UserError, match=r"crops are square, but image_shape is \(64, 48, 3\)"):
        load(Request(image_shape=(64, 48, 3)))


@pytest.mark.parametrize("crop", ["closecrop", "resizecrop", "squarecrop", "squeeze"])
def test_image_that_is_not_aligned_is_named(crop, write_celeba, encode):
    folder = write_celeba()
    Path(folder, "img_align_celeba", "000002.jpg").write_bytes(encode(np.zeros((218, 177, 3), np.uint8), "JPEG"))
    with pytest.raises(UserError, match=r"000002.jpg cannot be read .*it is \(177, 218\), .*where aligned"):
        load(Request(dir=folder), crop=crop).train.images([0, 1])


@pytest.mark.parametrize("kind", ["folder", "stored"])
def test_damaged_file_is_named_in_the_stream(kind, write_celeba):
    """Of several in a batch; in a zip by the checksum that the archive has of it, in a folder by its missing end."""
    folder = Path(write_celeba(kind))
    path = folder / ("img_align_celeba.zip" if kind == "stored" else "img_align_celeba/000002.jpg")
    data = bytearray(path.read_bytes())
    if kind == "stored":
        data[data.index(b"000003.jpg") - 60] ^= 1  # near the end of 000002.jpg
    path.write_bytes(data if kind == "stored" else data[:-100])
    source = load(Request(dir=str(folder))).train
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"000002\.jpg cannot be read as an image"):
        list(evaluation_batches(source, 3, seed=0))


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("crop", ["closecrop", "resizecrop", "squarecrop", "squeeze"])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(size, crop, channels, write_celeba):
    source = load(Request(dir=write_celeba(), image_shape=(size, size, channels)), crop=crop).train
    assert source.images([0]).shape == (1, size, size, channels)


def by_pillow(image: Image.Image, crop: str, size: int) -> Image.Image:
    """The four crops as Pillow makes them."""
    square, lanczos, bilinear = (size, size), Image.Resampling.LANCZOS, Image.Resampling.BILINEAR
    if crop == "closecrop":
        return image.crop((19, 39, 159, 179)).resize(square, lanczos)
    if crop == "resizecrop":
        top = round(size * 7 / 64)
        return image.resize((size, round(size * 78 / 64)), lanczos).crop((0, top, size, top + size))
    return image.crop((0, 30, 178, 208) if crop == "squarecrop" else (0, 0, 178, 218)).resize(square, bilinear)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("crop", ["closecrop", "resizecrop", "squarecrop", "squeeze"])
def test_pixels_are_those_of_pillow_within_one_level(crop, mode, size, real_data):
    shape = (size, size, 3 if mode == "RGB" else 1)
    source = load(Request(image_shape=shape), crop=crop).train
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        files = [archive.read(name) for name in source.names[:20]]
    for found, data in zip(source.images(range(20)), files, strict=True):
        with Image.open(io.BytesIO(data)) as image:
            expected = np.asarray(by_pillow(image.convert(mode), crop, size), int).reshape(shape)
        assert np.abs(found - expected).max() <= 1
        assert np.mean(found != expected) < 0.02


def test_a_full_decode_gives_the_same_pixels(real_data, monkeypatch):
    """What files go through that are no plain JPEG."""
    source = load(Request()).train
    fast = source.images(range(40))
    monkeypatch.setattr("tfvae.datasets.jpeg.plain_size", lambda data: None)
    np.testing.assert_array_equal(source.images(range(40)), fast)


def test_pixels_do_not_depend_on_the_batch(real_data):
    source = load(Request()).train
    together = source.images(range(35))
    alone = np.concatenate([source.images([index]) for index in range(35)])
    np.testing.assert_array_equal(together, alone)


def test_crops_show_the_same_face_at_their_own_scale(real_data):
    """Both crops against areas of the original, averaged: no shift, no swapped axes."""
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        image = Image.open(io.BytesIO(archive.read("img_align_celeba/000001.jpg")))
        pixels = np.asarray(image, float)
    centre = pixels[39:179, 19:159].reshape(4, 35, 4, 35, 3).mean((1, 3))
    close = load(Request()).train.images([0])[0].reshape(4, 16, 4, 16, 3).mean((1, 3))
    np.testing.assert_allclose(close, centre, atol=4)
    whole = np.asarray(image.resize((64, 78), Image.Resampling.LANCZOS))[7:71]
    np.testing.assert_allclose(load(Request(), crop="resizecrop").train.images([0])[0], whole, atol=1)


def test_closecrop_pixels_agree_with_tensorflow(real_data):
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        cropped = tf.io.decode_and_crop_jpeg(archive.read("img_align_celeba/000001.jpg"), [39, 19, 140, 140])
    expected = tf.clip_by_value(tf.image.resize(cropped, (64, 64), "lanczos3", antialias=True), 0, 255)
    difference = np.abs(load(Request()).train.images([0])[0] - expected.numpy())
    assert difference.mean() < 2  # grey levels; the two decode JPEG a little differently
    assert difference.max() < 20


def test_real_data(real_data):
    splits = load(Request())
    assert [part.num_images for part in (splits.train, splits.validation, splits.test)] == [8000, 1000, 2000]
    smiling = splits.train.label_names.index("Smiling")
    sums = [part.labels[:, smiling].sum() for part in (splits.train, splits.validation, splits.test)]
    assert sums == [3899, 501, 1002]
    mean = splits.train.images(range(0, 8000, 200)).mean((0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.5, 0.42, 0.38], atol=0.06)
