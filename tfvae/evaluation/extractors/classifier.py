"""A small classifier of the data set's own labels: fitted once, on request, and kept in the user's cache."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logsumexp, softmax

from tfvae.errors import UserError
from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.extractors.base import Extractor, Request, check_limits, digest
from tfvae.evaluation.subject import ImageSet
from tfvae.files import load_arrays, save_arrays

if TYPE_CHECKING:
    import keras

_FEATURES = 128


def load(request: Request, *, epochs: int = 3, num_images: int = 0, size: int = 64, seed: int = 0) -> "Classifier":
    """The last hidden layer of a classifier of the training images.

    Args:
        request: its training images must have labels; `fit` allows fitting.
        epochs: passes over the images.
        num_images: fitted on; 0: all training images.
        size: images that are longer are reduced to this.
        seed: of weights and order.

    Raises:
        UserError: there are no labels, or the classifier is not in the cache and may not be fitted.
    """
    limits = (("epochs", 1, 1000), ("num_images", 0, 10**9), ("size", 8, 256), ("seed", 0, 2**31 - 1))
    options = {"epochs": epochs, "num_images": num_images, "size": size, "seed": seed}
    check_limits("classifier", limits, options)
    if request.training.source.labels is None:
        raise UserError(
            f"the {request.training.name} images have no labels to fit a classifier on: give --extractor=random, or "
            "the path of a model"
        )
    images = request.training.first(num_images) if num_images else request.training
    found = Classifier(images, Settings(epochs, size, seed))
    if not request.fit and not found.path.exists():
        raise UserError(
            f"the classifier of these {images.num_images:,} labelled images is not in the cache ({found.path}): add "
            "--fit_extractor to fit it, once"
        )
    return found


def cache_folder() -> Path:
    """Where fitted extractors are kept: `TFVAE_CACHE_DIR`, else `tfvae` in the user's cache folder."""
    named = os.environ.get("TFVAE_CACHE_DIR")
    if named:
        return Path(named).expanduser() / "extractors"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tfvae" / "extractors"


@dataclass(frozen=True)
class Settings:
    """How a classifier is fitted.

    Attributes:
        epochs: passes over the images.
        size: longer sides are reduced to this.
        seed: of weights and order.
        channels: of its 3×3 convolutions of stride 2.
        batch_size: images a step.
        learning_rate: of Adam.
    """

    epochs: int
    size: int
    seed: int
    channels: tuple[int, ...] = (32, 64, 128)
    batch_size: int = 128
    learning_rate: float = 1e-3


class Classifier(Extractor):
    """Features of a network that has learned what the labels tell apart.

    Classes (N,) are learned with a softmax, attributes (N, K) with a sigmoid each. The network is convolutions, a
    dense layer whose 128 ReLU units are the features, and a linear layer.

    Args:
        images: fitted on, with labels.
        settings: of the fit.
    """

    def __init__(self, images: ImageSet, settings: Settings) -> None:
        self.images = images
        self.settings = settings

    def record(self) -> dict[str, Any]:
        """See `Extractor.record`; the hash is of images, labels and settings, from which the weights follow."""
        return {
            "name": "classifier",
            "hash": self.key,
            "fitted_on": self.images.num_images,
            "epochs": self.settings.epochs,
            "seed": self.settings.seed,
            "input_size": list(resizing.area_size(self.images.source.image_shape, self.settings.size)),
            "resize": resizing.AREA,
            "num_features": _FEATURES,
        }

    @cached_property
    def key(self) -> str:
        """A hash of all that the weights follow from."""
        told = np.frombuffer(f"{self.images.digest} {self.settings} {_FEATURES}".encode(), np.uint8)
        return digest([told, self._labels])

    @property
    def path(self) -> Path:
        """The file in the cache."""
        return cache_folder() / f"classifier-{self.key}.npz"

    @property
    def _labels(self) -> np.ndarray:
        return np.asarray(self.images.source.labels, np.int64)

    def features(self, images: np.ndarray) -> np.ndarray:
        """See `Extractor.features`; fits the classifier if it is not in the cache."""
        return self._outputs(images)[0]

    def class_probabilities(self, features: np.ndarray) -> np.ndarray | None:
        """See `Extractor.class_probabilities`: None of attributes."""
        if self._labels.ndim == 2:
            return None
        _, arrays = self._fitted
        last = len(arrays) - 2  # beside the weights there is `accuracy`
        return softmax(features @ arrays[f"weights_{last - 1}"] + arrays[f"weights_{last}"], axis=1)

    def log_odds(self, images: np.ndarray) -> np.ndarray:
        """Of each attribute, or of each class against all others, (B, K), for images as `features` takes them.

        Raises:
            UserError: as `features`.
        """
        _, logits = self._outputs(images)
        if self._labels.ndim == 2:
            return logits
        others = [logsumexp(np.delete(logits, index, axis=1), axis=1) for index in range(logits.shape[1])]
        return logits - np.stack(others, axis=1)

    def _outputs(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features (B, F), and what the linear layer makes of them (B, K)."""
        network, _ = self._fitted
        features, logits = network(resizing.area(images, self.settings.size))
        return features.numpy(), logits.numpy()

    def notes(self) -> tuple[str, ...]:
        """See `Extractor.notes`."""
        _, arrays = self._fitted
        weights = [arrays[name] for name in sorted(arrays) if name != "accuracy"]
        return (
            f"the classifier (hash of its weights {digest(weights)}) was right on {float(arrays['accuracy']):.1%} of "
            f"the labels of its {self.images.num_images:,} images in the last pass of fitting",
        )

    @cached_property
    def _fitted(self) -> tuple[Any, dict[str, np.ndarray]]:
        """The network as a function, and what is stored of the classifier."""
        from tfvae.evaluation.extractors import fitting  # TensorFlow, which `record` is wanted without

        shape = (*self.record()["input_size"], self.images.source.image_shape[2])
        model: keras.Model = fitting.network(shape, fitting.num_outputs(self._labels), self.settings, _FEATURES)
        if not self.path.exists():
            save_arrays(self.path, fitting.fit(model, self.images, self._labels, self.settings))
        arrays = load_arrays(self.path)
        model.set_weights([arrays[f"weights_{index}"] for index in range(len(model.weights))])
        return fitting.compiled(model), arrays
