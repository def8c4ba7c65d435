"""cifar10: the binary version, images in class folders, and what is refused."""

import gzip
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tfvae.datasets.base import Request
from tfvae.datasets.cifar10 import load
from tfvae.errors import UserError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHORT = ("25 of the official 50,000 training images", "5 of the official 10,000 test images")
JPEG = "the images are JPEG copies, not the published arrays: bits/dim on them cannot be put beside published figures"


@pytest.fixture(autouse=True)
def _alone(bare_machine):
    pass


@pytest.fixture
def pack(tmp_path):
    """Writes files as the official archive does: in a folder, gzipped; not in the order they are read in."""

    def packed(files: dict[str, bytes], path: Path | None = None) -> Path:
        path = path or tmp_path / "cifar-10-binary.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            folder = tarfile.TarInfo("cifar-10-batches-bin")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            for name, data in sorted({**files, "readme.html": b"<html>"}.items(), reverse=True):
                entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return path

    return packed


@pytest.fixture
def unpack(tmp_path):
    def unpacked(files: dict[str, bytes], folder: str = "cifar-10-batches-bin") -> Path:
        for name, data in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / folder

    return unpacked


@pytest.fixture
def class_tree(rng, encode):
    """Files of three training images and one test image of each class, with what each name holds."""

    def tree(form: str = "PNG", classes=CLASSES, wrapper="", shape=(32, 32, 3)) -> dict[str, bytes]:
        paths = [f"train/{name}/{index:04}" for name in classes for index in range(3)]
        paths += [f"test/{name}/0000" for name in classes]
        suffix = {"PNG": "png", "JPEG": "jpg"}[form]
        return {f"{wrapper}{path}.{suffix}": encode(rng.integers(0, 256, shape, np.uint8), form) for path in paths}

    return tree


def every(source) -> np.ndarray:
    return source.images(range(len(source)))


def check_small(splits, images):
    train = np.concatenate([images[f"data_batch_{number}.bin"] for number in range(1, 6)])
    np.testing.assert_array_equal(every(splits.train), train)
    np.testing.assert_array_equal(every(splits.test), images["test_batch.bin"])
    assert splits.train.labels.tolist() == [0, 2, 4, 6, 8] * 5
    assert splits.test.labels.tolist() == [0, 2, 4, 6, 8]
    assert splits.train.labels.dtype == np.int64
    assert splits.train.label_names == splits.test.label_names == CLASSES
    assert splits.train.dtype == np.uint8
    assert splits.notes == SHORT


# The binary version.


@pytest.mark.parametrize("where", ["file", "folder", "cifar10"])
def test_archive(where, pack, cifar10_files, cifar10_images, tmp_path):
    path = pack(cifar10_files, tmp_path / "here" / ("cifar10" if where == "cifar10" else "") / "cifar-10-binary.tar.gz")
    check_small(load(Request(dir=str(path if where == "file" else tmp_path / "here"))), cifar10_images)
    assert [found.name for found in path.parent.iterdir()] == [path.name]  # read in place


@pytest.mark.parametrize("where", ["", "cifar-10-batches-bin"])
def test_unpacked(where, unpack, cifar10_files, cifar10_images, tmp_path):
    unpack(cifar10_files)
    check_small(load(Request(dir=str(tmp_path / where))), cifar10_images)


def test_the_class_list_may_be_missing(unpack, cifar10_files, cifar10_images):
    del cifar10_files["batches.meta.txt"]
    check_small(load(Request(dir=str(unpack(cifar10_files)))), cifar10_images)


@pytest.mark.parametrize("name", ["TFVAE_DATA_DIR", "KERAS_HOME"])
def test_shared_places(name, pack, cifar10_files, cifar10_images, tmp_path, monkeypatch):
    folder = tmp_path / "shared"
    monkeypatch.setenv(name, str(folder))
    pack(cifar10_files, folder / ("datasets" if name == "KERAS_HOME" else "") / "cifar-10-binary.tar.gz")
    check_small(load(Request()), cifar10_images)


def test_downloaded_last(pack, cifar10_files, cifar10_images, tmp_path, monkeypatch):
    asked = []

    def fetched(download, folder):
        asked.append(download.url)
        return pack(cifar10_files, folder / download.name)

    monkeypatch.setattr("tfvae.datasets.files.fetch", fetched)
    check_small(load(Request()), cifar10_images)
    assert asked == ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"]
    monkeypatch.setattr("tfvae.datasets.files.fetch", None)
    check_small(load(Request()), cifar10_images)  # from the Keras cache


def test_validation_is_cut_from_training(pack, cifar10_files):
    splits = load(Request(dir=str(pack(cifar10_files)), validation=6))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [19, 6, 5]
    assert splits.notes == SHORT
    for part in (splits.train, splits.validation):  # labels stay with their images
        for image, label in zip(every(part), part.labels, strict=True):
            record = bytes([label]) + image.transpose(2, 0, 1).tobytes()
            assert any(record in data for data in cifar10_files.values())


@pytest.mark.parametrize("shape", [(32, 32, 1), (16, 16, 3), (28, 28, 1), (64, 64, 3)])
def test_other_shapes(shape, pack, cifar10_files, cifar10_images):
    source = load(Request(dir=str(pack(cifar10_files)), image_shape=shape)).train
    assert source.images([0, 1]).shape == (2, *shape)
    original = cifar10_images["data_batch_1.bin"][1]
    grey = original @ [0.299, 0.587, 0.114]  # ITU-R BT.601
    expected = grey if shape[2] == 1 else original
    np.testing.assert_allclose(source.images([1]).mean(), expected.mean(), atol=2)
    if shape == (32, 32, 1):
        np.testing.assert_allclose(source.images([1])[0, ..., 0], grey, atol=1)


def truncated(data: bytes) -> bytes:
    return data[:-1]


@pytest.mark.parametrize("kind", ["archive", "unpacked"])
@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("data_batch_3.bin", truncated, r"data_batch_3.bin has 15,364 bytes: expected a multiple of 3,073, and 30,730"),
        ("test_batch.bin", lambda data: b"", r"test_batch.bin has 0 bytes"),
        ("data_batch_1.bin", lambda data: b"\x0a" + data[1:], r"data_batch_1.bin has a label 10: expected 0 to 9"),
        (
            "batches.meta.txt",
            lambda data: b"apple\nbear\n",
            r"batches.meta.txt lists the classes apple, bear: expected",
        ),
    ],
)
def test_unusable_file_is_named(kind, name, spoil, words, pack, unpack, cifar10_files):
    cifar10_files[name] = spoil(cifar10_files[name])
    path = pack(cifar10_files) if kind == "archive" else unpack(cifar10_files)
    with pytest.raises(UserError, match=words) as caught:
        load(Request(dir=str(path)))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", ["archive", "unpacked"])
def test_missing_file_is_named(kind, pack, unpack, cifar10_files):
    del cifar10_files["data_batch_2.bin"], cifar10_files["test_batch.bin"]
    path = pack(cifar10_files) if kind == "archive" else unpack(cifar10_files)
    with pytest.raises(UserError, match=rf"{path} lacks data_batch_2.bin, test_batch.bin: expected the six files"):
        load(Request(dir=str(path)))


@pytest.mark.parametrize("length", [0, 5, 100, 20_000, 60_000, -1, -9])
def test_truncated_archive_is_named(length, pack, cifar10_files):
    path = pack(cifar10_files)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserError, match=rf"{path} .*get cifar-10-binary.tar.gz anew"):
        load(Request(dir=str(path)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<html>404</html>", id="page"),
        pytest.param(gzip.compress(b"no tar" * 200, mtime=0), id="gzip"),
        pytest.param(b"PK\3\4" + bytes(100), id="zip"),
    ],
)
def test_what_is_no_archive_is_named(content, tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"{path} cannot be read .*get cifar-10-binary.tar.gz anew"):
        load(Request(dir=str(tmp_path)))


def test_flipped_byte_in_an_archive_is_noticed(pack, cifar10_files):
    """Random pixels do not compress, so most flips change a pixel and nothing else: only the checksum tells."""
    path = pack(cifar10_files)
    whole = path.read_bytes()
    for place in range(1000, len(whole) - 10, len(whole) // 15):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(UserError, match=r"cifar-10-binary.tar.gz"):
            load(Request(dir=str(path)))


# Versions that are refused.


class Mischief:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cifar-10-python.tar.gz", "pickles, which can run any code"),
        ("cifar-10-batches-py.tar.gz", "pickles, which can run any code"),
        ("cifar-10-python.zip", "pickles, which can run any code"),
        ("cifar-10-batches-py/data_batch_1", "pickles, which can run any code"),
        ("cifar-10-matlab.tar.gz", "no reader for the Matlab version"),
        ("cifar-10-batches-mat/data_batch_1.mat", "no reader for the Matlab version"),
    ],
)
def test_other_versions_are_refused(name, reason, tmp_path):
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(Mischief()))
    given = {tmp_path / "mine", path.parent} | ({path} if "." in Path(name).name else set())
    for folder in given:
        with pytest.raises(UserError, match=rf"is not read: .*{reason}.* Get https://.*/cifar-10-binary.tar.gz"):
            load(Request(dir=str(folder)))


def test_the_python_version_under_another_name(pack, tmp_path):
    path = pack({"data_batch_1": pickle.dumps(Mischief())}, tmp_path / "cifar.tar.gz")
    with pytest.raises(UserError, match=r"lacks data_batch_1.bin.*the Python and Matlab versions have others"):
        load(Request(dir=str(path)))


def test_another_library_s_copy_is_passed_over(tmp_path, bare_machine, monkeypatch, pack, cifar10_files):
    """Keras and PyTorch keep the pickles where data are shared: they are in nobody's way."""
    monkeypatch.setenv("TFVAE_DATA_DIR", str(tmp_path / "shared"))
    for folder in (tmp_path / "shared", bare_machine):
        (folder / "cifar-10-batches-py").mkdir(parents=True)
    with pytest.raises(UserError, match=r"not found.*Python version is not read, as its pickles can run any code"):
        load(Request())
    pack(cifar10_files, bare_machine / "cifar10" / "cifar-10-binary.tar.gz")
    assert load(Request()).train.num_images == 25


def test_the_binary_version_beside_another_is_read(unpack, pack, cifar10_files, tmp_path):
    unpack({"data_batch_1": b"?"}, "cifar-10-batches-py")
    pack(cifar10_files)
    assert load(Request(dir=str(tmp_path))).train.num_images == 25


# Images in class folders.


@pytest.mark.parametrize("kind", ["folder", "stored", "deflated"])
@pytest.mark.parametrize("wrapper", ["", "cifar10/"])
def test_class_folders(kind, wrapper, class_tree, write_tree):
    path = write_tree(class_tree(wrapper=wrapper), kind)
    splits = load(Request(dir=str(path), validation=4))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [26, 4, 10]
    assert splits.train.label_names == CLASSES
    assert splits.test.labels.tolist() == list(range(10))
    for name, label in zip(splits.train.names, splits.train.labels, strict=True):
        assert Path(name).parent.name == CLASSES[label]
    assert every(splits.test).shape == (10, 32, 32, 3)
    assert splits.notes == (
        "30 of the official 50,000 training images",
        "10 of the official 10,000 test images",
    )


def test_jpeg_copies_are_said_to_be_copies(class_tree, write_tree):
    assert load(Request(dir=str(write_tree(class_tree("JPEG"))))).notes[2:] == (JPEG,)


@pytest.mark.parametrize("shape", [(32, 32, 1), (24, 24, 3)])
def test_class_folders_in_other_shapes(shape, class_tree, write_tree):
    source = load(Request(dir=str(write_tree(class_tree())), image_shape=shape)).train
    assert source.images([3]).shape == (1, *shape)


def test_images_of_another_size_are_resized(class_tree, write_tree):
    source = load(Request(dir=str(write_tree(class_tree(shape=(40, 50, 3)))))).train
    assert source.images([3]).shape == (1, 32, 32, 3)


@pytest.mark.parametrize("on_bad_file", ["raise", "skip"])
def test_bad_files(on_bad_file, class_tree, write_tree):
    files = class_tree()
    files |= {"train/cat/0001.png": b"", "test/ship/0000.png": files["test/ship/0000.png"][:50]}
    request = Request(dir=str(write_tree(files)), on_bad_file=on_bad_file)
    splits = load(request)
    if on_bad_file == "raise":
        with pytest.raises(UserError, match=r"train/cat/0001.png cannot be read as an image"):
            every(splits.train)
        return
    assert splits.bad_files == ("train/cat/0001.png", "test/ship/0000.png")
    assert (len(splits.train), len(splits.test)) == (29, 9)
    assert splits.notes[2] == "left out, as they cannot be decoded: 2 image files"
    assert every(splits.train).shape == (29, 32, 32, 3)


def without_test(files):
    return {name: data for name, data in files.items() if not name.startswith("test/")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_test, "no test folder and the classes airplane, automobile"),
        (
            lambda files: {**files, "train/lion/1.png": files["train/cat/0000.png"]},
            "frog, horse, lion, ship, …: expected",
        ),
        (
            lambda files: {n.replace("/", f"/{i}", 1): d for i, (n, d) in enumerate(files.items())},
            "0airplane, 10cat, .* 18frog, …: expected",
        ),
        (lambda files: {n: d for n, d in files.items() if "truck" not in n}, "horse, ship: expected train/CLASS/"),
        (lambda files: {n.replace("/", "/x", 1): d for n, d in files.items()}, "classes xairplane"),
        (lambda files: {f"train/{i}.png": d for i, d in enumerate(files.values())}, "and the classes none: expected"),
    ],
)
def test_foreign_folders(change, words, class_tree, write_tree):
    path = write_tree(change(class_tree()))
    with pytest.raises(UserError, match=rf"{path} has .*{words}"):
        load(Request(dir=str(path)))


def test_damaged_zip_is_named(class_tree, write_tree):
    path = write_tree(class_tree(), "stored")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=rf"{path} is neither a folder nor a zip that can be read"):
        load(Request(dir=str(path)))


def test_cifar100_is_not_taken(class_tree, write_tree):
    path = write_tree(class_tree(), "stored")
    path = path.rename(path.with_name("cifar100.zip"))  # which begins with the name of CIFAR-10
    with pytest.raises(UserError, match="the cifar10 data were not found"):
        load(Request(dir=str(path.parent)))
    path.rename(path.with_name("cifar10_png.zip"))
    assert load(Request(dir=str(path.parent))).train.num_images == 30


def test_real_images(data_dir, monkeypatch):
    monkeypatch.setenv("TFVAE_DATA_DIR", str(data_dir))
    splits = load(Request(validation=5000))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [20_000, 5_000, 10_000]
    assert splits.notes == ("25,000 of the official 50,000 training images", JPEG)
    assert splits.train.label_names == CLASSES
    assert np.bincount(splits.test.labels).tolist() == [1000] * 10
    together = np.concatenate([splits.train.labels, splits.validation.labels])
    assert np.bincount(together).tolist() == [2500] * 10
    mean = splits.train.images(range(0, 20_000, 20)).mean((0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=0.02)  # the means of CIFAR-10's training images
    planes = splits.test.images(np.flatnonzero(splits.test.labels == 0)).mean((0, 1, 2))
    assert planes.argmax() == 2  # airplanes: the sky is blue
