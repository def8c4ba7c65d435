"""Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747): 60,000 + 10,000 articles of clothing, 28x28, grey."""

from tfvae.datasets.base import Request, Splits
from tfvae.datasets.download import Download
from tfvae.datasets.files import DataFiles
from tfvae.datasets.mnist_files import load_family

_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
_CLASSES += ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

_FILES = DataFiles(
    dataset="fashion_mnist",
    files="fashion_mnist*.npz (top level or fashion-mnist/), or the four idx files train-images-idx3-ubyte, "
    "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, plain or .gz (data.dir, "
    "fashion-mnist/ or FashionMNIST/raw/)",
    subfolders=("fashion-mnist", "fashion_mnist", "FashionMNIST/raw"),
    advice="Get the four .gz files from https://github.com/zalandoresearch/fashion-mnist.",
    # As pinned by tensorflow_datasets (url_checksums/fashion_mnist.txt).
    downloads=(
        Download(
            _URL + "train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        Download(
            _URL + "train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        Download(
            _URL + "t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        Download(
            _URL + "t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
)


def load(request: Request) -> Splits:
    """Four idx files, or any `fashion_mnist*.npz` with Keras' keys; uint8, labels 0 to 9.

    Fewer than the official 60,000 + 10,000 images are accepted, and said in the notes. Validation images are cut
    from the training split with a fixed seed.
    """
    return load_family(request, _FILES, ("fashion_mnist*.npz", "fashion-mnist*.npz"), _CLASSES)
