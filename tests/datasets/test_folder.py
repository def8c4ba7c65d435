import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from tfvae.datasets.base import Request
from tfvae.datasets.containers import Zip
from tfvae.datasets.folder import load
from tfvae.errors import UserError


@pytest.fixture
def png(rng, encode):
    return lambda size=(8, 8): encode(rng.integers(0, 256, size, np.uint8))


def names(source) -> list[str]:
    return source.names if source else []


@pytest.mark.parametrize("kind", ["folder", "stored", "deflated"])
@pytest.mark.parametrize("wrapper", ["", "data/"])
@pytest.mark.parametrize("validation", ["val", "valid", "Validation"])
def test_split_folders(kind, wrapper, validation, png, write_tree):
    paths = ["train/cat/1.png", "train/dog/2.png", f"{validation}/cat/3.png", "test/dog/4.png", "test/cat/5.png"]
    splits = load(Request(dir=str(write_tree({wrapper + path: png() for path in paths}, kind)), validation=1))
    found = [names(part) for part in (splits.train, splits.validation, splits.test)]
    assert [len(part) for part in found] == [2, 1, 2]
    assert splits.train.label_names == ("cat", "dog")
    assert dict(zip(found[2], splits.test.labels, strict=True)) == {
        wrapper + "test/cat/5.png": 0,
        wrapper + "test/dog/4.png": 1,
    }


@pytest.mark.parametrize(
    ("paths", "sizes", "classes"),
    [
        (["train/1.png", "train/2.png", "train/3.png"], (2, 1, 0), ()),  # validation is cut from train
        (["a/train/1.png", "b/train/2.png", "a/test/3.png", "b/train/4.png"], (2, 1, 1), ("a", "b")),
        (["train/1.png", "train/2.png", "test/3.png", "extra/4.png"], (1, 1, 1), ()),
        (["train/1.png", "car/2.png", "plane/3.png"], (2, 1, 0), ("car", "plane", "train")),
        (["all/1.png", "all/2.png", "3.png"], (2, 1, 0), ()),
        (["x/y/1.png", "x/y/2.png", "x/y/3.png"], (2, 1, 0), ()),
    ],
)
def test_what_folders_mean(paths, sizes, classes, png, write_tree):
    request = Request(dir=str(write_tree({path: png() for path in paths})), validation=1)
    splits = load(request, test_fraction=0.0)
    assert tuple(len(names(part)) for part in (splits.train, splits.validation, splits.test)) == sizes
    assert splits.train.label_names == classes
    assert (splits.train.labels is None) == (not classes)


def test_images_outside_the_split_folders_are_counted(png, write_tree):
    paths = ["train/1.png", "test/2.png", "extra/3.png"]
    splits = load(Request(dir=str(write_tree({path: png() for path in paths}))))
    assert splits.notes == ("1 of 3 images lie outside the train, validation and test folders and are left out",)


@pytest.mark.parametrize("paths", [["test/1.png"], ["test/1.png", "images/2.png"]])
def test_test_folder_is_never_trained_on(paths, png, write_tree):
    with pytest.raises(UserError, match="leaves no image to train on"):
        load(Request(dir=str(write_tree({path: png() for path in paths}))))


@pytest.mark.parametrize("kind", ["folder", "deflated"])
def test_hidden_and_other_files_are_left_out(kind, png, write_tree):
    paths = ["1.png", "2.PNG", "README", ".hidden.png", "__MACOSX/1.png", ".git/3.png"]
    splits = load(Request(dir=str(write_tree({path: png() for path in paths}, kind))), test_fraction=0.0)
    assert splits.train.names == ["1.png", "2.PNG"]
    assert splits.notes == ("1 of 3 files are no images and are left out",)


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "PPM"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_formats_arrive_exactly(form, channels, rng, encode, write_tree):
    image = rng.integers(0, 4, (6, 8, 3), np.uint8) * 85  # 64 colours: a GIF holds them all
    image = image if channels == 3 else image[..., 0]
    suffix = {("PPM", 1): "pgm"}.get((form, channels), form.lower())
    path = write_tree({f"a.{suffix}": encode(image, form)})
    source = load(Request(dir=str(path), image_shape=(6, 8, channels)), test_fraction=0.0).train
    np.testing.assert_array_equal(source.images([0])[0], image.reshape(6, 8, channels))


def test_odd_images(encode, write_tree, rng):
    grey = rng.integers(0, 256, (6, 8), np.uint8)
    upright = np.repeat(np.arange(6, dtype=np.uint8)[:, None] * 40, 8, axis=1)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    palette = Image.fromarray(grey).convert("P")
    path = write_tree(
        {
            "16bit.png": encode(grey.astype(np.uint16) * 257),
            "alpha.png": encode(np.dstack([grey, np.full_like(grey, 9)])),
            "binary.png": encode(grey > 99),
            "maxval.pgm": b"P5 8 6 65535\n" + (grey.astype(">u2") * 257).tobytes(),
            "turned.png": encode(upright, exif=exif),
        }
    )
    palette.save(path / "palette.png", transparency=bytes([0, 255]))
    source = load(Request(dir=str(path), image_shape=(6, 8, 1)), test_fraction=0.0).train
    images = dict(zip(source.names, source.images(range(6))[..., 0], strict=True))
    for name in ("16bit.png", "alpha.png", "maxval.pgm", "palette.png"):
        np.testing.assert_array_equal(images[name], grey, err_msg=name)
    np.testing.assert_array_equal(images["binary.png"], (grey > 99) * 255)
    np.testing.assert_array_equal(images["turned.png"], upright[::-1])


def test_other_sizes_are_cropped_without_distortion(encode, write_tree):
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255  # the middle third is what must be left
    path = write_tree({"a.png": encode(np.zeros((10, 10, 3), np.uint8)), "b.png": encode(wide)})
    source = load(Request(dir=str(path)), test_fraction=0.0).train
    assert source.image_shape == (10, 10, 3)  # the first image's own
    assert source.images([1])[:, :, 3:-3].min() == 255  # the filter reaches 3 pixels beyond the crop


def test_fraction_and_validation(png, write_tree):
    path = write_tree({f"{i:02}.png": png() for i in range(40)})
    splits = load(Request(dir=str(path), validation=5), test_fraction=0.25)
    assert [len(names(part)) for part in (splits.train, splits.validation, splits.test)] == [25, 5, 10]


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_impossible_fraction(fraction, png, write_tree):
    with pytest.raises(UserError, match="expected at least 0 and less than 1"):
        load(Request(dir=str(write_tree({"1.png": png()}))), test_fraction=fraction)


def test_nothing_to_load(write_tree, tmp_path):
    with pytest.raises(UserError, match=r"needs data.dir"):
        load(Request())
    with pytest.raises(UserError, match=r"holds no image \(1 other files\): expected .bmp"):
        load(Request(dir=str(write_tree({"README": b"hello"}))))
    (tmp_path / "a.tar").write_bytes(b"?")
    with pytest.raises(UserError, match="neither a folder nor a zip"):
        load(Request(dir=str(tmp_path / "a.tar")))


def test_zip_entry_is_found_by_its_own_header(tmp_path):
    """The extra field of an entry may be longer before its bytes than in the archive's directory."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.bin", b"pixels")
    data = bytearray(path.read_bytes())
    data[28:30] = struct.pack("<H", 4)
    data[30 + 5 : 30 + 5] = b"\0\0\0\0"  # after the name
    end = data.rindex(b"PK\5\6")
    data[end + 16 : end + 20] = struct.pack("<I", struct.unpack("<I", data[end + 16 : end + 20])[0] + 4)
    path.write_bytes(data)
    assert Zip(path).read("a.bin") == b"pixels"


def test_rare_compression_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.png", b"pixels")
    with pytest.raises(UserError, match=r"holds a.png encrypted or in a rare compression"):
        load(Request(dir=str(tmp_path / "a.zip")))


@pytest.mark.parametrize(
    ("file", "shape", "sizes", "num_classes"),
    [("orl_faces.zip", (112, 92, 1), [340, 20, 40], 40), ("cifar10_jpeg.zip", (32, 32, 3), [24_980, 20, 10_000], 10)],
)
def test_real_data(file, shape, sizes, num_classes, data_dir):
    splits = load(Request(dir=str(data_dir / file), validation=20))
    assert splits.train.image_shape == shape
    assert [len(names(part)) for part in (splits.train, splits.validation, splits.test)] == sizes
    assert len(splits.train.label_names) == num_classes
    assert splits.test.images(range(0, sizes[2], sizes[2] // 20)).std() > 30
