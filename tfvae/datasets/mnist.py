"""MNIST (LeCun, Cortes and Burges, 1998): 60,000 + 10,000 handwritten digits, 28x28, grey."""

from tfvae.datasets.base import Request, Splits
from tfvae.datasets.download import Download
from tfvae.datasets.files import DataFiles
from tfvae.datasets.mnist_files import load_family

_FILES = DataFiles(
    dataset="mnist",
    files="mnist.npz (top level or mnist/), or the four idx files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, plain or .gz (data.dir, mnist/ or MNIST/raw/)",
    subfolders=("mnist", "MNIST", "MNIST/raw"),
    advice="Get mnist.npz from https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz.",
    # As pinned by keras.datasets.mnist.
    downloads=(
        Download(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
    ),
)


def load(request: Request) -> Splits:
    """`mnist.npz` as Keras names it, or the four idx files; uint8, labels 0 to 9.

    Validation images are cut from the 60,000 with a fixed seed.
    """
    return load_family(request, _FILES, ("mnist.npz",), tuple("0123456789"))
