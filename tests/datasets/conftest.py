"""Data sets made on the spot, and a machine without data or internet."""

import gzip
import io
import struct
import urllib.error
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def bare_machine(tmp_path, monkeypatch) -> Path:
    """No TFVAE_DATA_DIR, an empty Keras cache (the path returned), no internet."""

    def refuse(url, timeout):
        raise urllib.error.URLError("no internet here")

    monkeypatch.delenv("TFVAE_DATA_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def real_data(data_dir, monkeypatch) -> Path:
    monkeypatch.setenv("TFVAE_DATA_DIR", str(data_dir))
    return data_dir


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """(image array, format) → the bytes of an image file."""

    def encoded(image: np.ndarray, form: str = "PNG", **options) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, form, **options)
        return buffer.getvalue()

    return encoded


@pytest.fixture
def write_tree(tmp_path) -> Callable[..., Path]:
    """Writes files as a folder, or as a zip, and gives its path."""

    def write(files: dict[str, bytes], kind: str = "folder") -> Path:
        if kind == "folder":
            for name, data in files.items():
                path = tmp_path / "tree" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return tmp_path / "tree"
        method = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}[kind]
        with zipfile.ZipFile(tmp_path / "tree.zip", "w", method) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return tmp_path / "tree.zip"

    return write


@pytest.fixture
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    def encoded(array: np.ndarray) -> bytes:
        return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()

    return encoded


@pytest.fixture
def mnist_arrays(rng) -> dict[str, np.ndarray]:
    """A small MNIST: 50 + 10 images, each different."""
    return {
        "x_train": rng.integers(0, 256, (50, 28, 28), np.uint8),
        "y_train": np.arange(50, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (10, 28, 28), np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }


@pytest.fixture
def write_idx(idx_bytes, mnist_arrays) -> Callable[..., Path]:
    """Writes the small MNIST as four idx files in a folder."""
    stems = {"x_train": "train-images", "y_train": "train-labels", "x_test": "t10k-images", "y_test": "t10k-labels"}

    def write(folder: Path, separator: str = "-", suffix: str = "") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for key, stem in stems.items():
            data = idx_bytes(mnist_arrays[key])
            name = f"{stem}{separator}idx{mnist_arrays[key].ndim}-ubyte{suffix}"
            (folder / name).write_bytes(gzip.compress(data) if suffix else data)
        return folder

    return write


@pytest.fixture
def cifar10_images(rng) -> dict[str, np.ndarray]:
    """A small CIFAR-10: five images a batch, each different; image i of a batch has the label 2 i."""
    names = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
    return {name: rng.integers(0, 256, (5, 32, 32, 3), np.uint8) for name in names}


@pytest.fixture
def cifar10_files(cifar10_images) -> dict[str, bytes]:
    """The small CIFAR-10 as the files of the binary version."""
    files = {}
    for name, images in cifar10_images.items():
        planes = images.transpose(0, 3, 1, 2)  # all of red, then of green, then of blue
        files[name] = b"".join(bytes([2 * index]) + plane.tobytes() for index, plane in enumerate(planes))
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    return {**files, "batches.meta.txt": "\n".join([*classes, "", ""]).encode()}
