"""Digits (Alpaydin and Kaynak, UCI, 1998): the 1,797 handwritten digits that come with scikit-learn; no download."""

import numpy as np

from tfvae.datasets.array_source import ArraySource
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.decoding import refit
from tfvae.datasets.splitting import cut

_NUM_TEST = 297
_SHAPE = (28, 28, 1)


def load(request: Request) -> Splits:
    """8x8 images of 17 grey levels, enlarged (Lanczos) to 28x28 or `request.image_shape`; uint8, labels 0 to 9.

    1,500 for training, of which `request.validation` are cut, and 297 for testing, drawn with a fixed seed.
    """
    from sklearn.datasets import load_digits  # a second to import: only who asks for digits pays it

    pixels, labels = load_digits(return_X_y=True)  # (1797, 64), values 0 to 16; (1797,)
    images = np.round(pixels * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    images = refit(images, request.image_shape or _SHAPE)
    source = ArraySource(images, labels.astype(np.int64), tuple("0123456789"))
    train, test = cut(source, _NUM_TEST, "test")
    return Splits(*cut(train, request.validation, "validation"), test)
