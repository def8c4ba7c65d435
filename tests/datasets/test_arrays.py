import numpy as np
import pytest

from tfvae.datasets.arrays import ArraySource, load
from tfvae.datasets.base import Request
from tfvae.errors import UserError


@pytest.fixture
def save(tmp_path):
    def saved(images, name="images.npz", **others) -> Request:
        path = tmp_path / name
        np.save(path, images) if path.suffix == ".npy" else np.savez(path, images=images, **others)
        return Request(dir=str(path))

    return saved


@pytest.mark.parametrize("shape", [(20, 6, 8), (20, 6, 8, 1), (20, 6, 8, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_kinds(shape, dtype, name, save, rng):
    images = rng.integers(0, 256, shape, np.uint8)
    images = images if dtype == np.uint8 else (images / 255).astype(dtype)
    splits = load(save(images, name), test_fraction=0.25)
    assert (len(splits.train), splits.validation, len(splits.test)) == (15, None, 5)
    assert splits.train.image_shape == (6, 8, (*shape, 1)[3])
    assert splits.train.images([0]).dtype == (np.uint8 if dtype == np.uint8 else np.float32)


def test_labels_follow_their_images_and_a_folder_will_do(save):
    numbers = np.arange(20, dtype=np.uint8)
    request = save(np.broadcast_to(numbers[:, None, None], (20, 4, 4)), labels=numbers.astype(int))
    splits = load(Request(dir=str(request.path.parent), validation=3), test_fraction=0.2)
    for part in (splits.train, splits.validation, splits.test):
        assert part.images(range(len(part)))[:, 0, 0, 0].tolist() == part.labels.tolist()


def test_resized(save, rng):
    images = rng.integers(0, 256, (5, 8, 8), np.uint8)
    request = save(images)
    assert load(Request(dir=request.dir, image_shape=(4, 4, 3)), test_fraction=0.0).train.image_shape == (4, 4, 3)
    request = save(images / 255, "floats.npz")
    with pytest.raises(UserError, match="only uint8 images are resized"):
        load(Request(dir=request.dir, image_shape=(4, 4, 1)))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.full((3, 4, 4), 2.5), r"float64 images with values from 2.5 to 2.5: expected uint8 from 0 to 255"),
        (np.full((3, 4, 4), -0.1), "from -0.1"),
        (np.full((3, 4, 4), np.nan), "from nan to nan: .* without NaN"),
        (np.full((3, 4, 4), 7, np.int32), "int32 images with values from 7 to 7"),
        (np.zeros((3, 4)), r"images \(3, 4\): expected \(N, H, W\)"),
        (np.zeros((3, 3, 4, 4)), r"1 or 3 channels last"),
        (np.zeros((0, 4, 4)), r"\(0, 4, 4\)"),
    ],
)
def test_unusable_arrays(images, words, save):
    with pytest.raises(UserError, match=words):
        load(save(images))


@pytest.mark.parametrize("labels", [np.arange(2), np.zeros(3)])
def test_unusable_labels(labels, save):
    with pytest.raises(UserError, match="for 3 images: expected integers"):
        load(save(np.zeros((3, 4, 4)), labels=labels))


def test_unusable_files(tmp_path, save):
    with pytest.raises(UserError, match=r"needs data.dir"):
        load(Request())
    with pytest.raises(UserError, match=r"holds 0 .npz and .npy files: expected exactly one"):
        load(Request(dir=str(tmp_path)))
    np.savez(tmp_path / "a.npz", pictures=np.zeros(3))
    with pytest.raises(UserError, match="has no images: expected the arrays images, found pictures"):
        load(Request(dir=str(tmp_path)))
    for name, words in [("b.npy", "cannot be read as an .npy"), ("c.npz", "cannot be read as an .npz")]:
        (tmp_path / name).write_bytes(b"\x93NUMPY")
        with pytest.raises(UserError, match=words):
            load(Request(dir=str(tmp_path / name)))
    with pytest.raises(UserError, match=r"holds 3 .npz and .npy files"):
        load(Request(dir=str(tmp_path)))


def test_a_part_is_chosen_by_the_seed_and_keeps_the_order():
    source = ArraySource(np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1))

    def numbers(num_images, seed):
        part = source.part(num_images, seed)
        return part.images(range(len(part))).ravel().tolist()

    assert len(numbers(6, 1)) == 6
    assert numbers(6, 1) == sorted(set(numbers(6, 1)))
    assert numbers(6, 1) == numbers(6, 1) != numbers(6, 2)
    assert numbers(20, 1) == numbers(21, 1) == list(range(20))
