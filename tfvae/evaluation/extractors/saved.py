"""A model from a file: any SavedModel or Keras model that makes features of images."""

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.errors import UserError
from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.extractors.base import Extractor, Request

_BLOCK = 2**20  # bytes hashed at once
_SIGNATURE = "serving_default"


def load(request: Request, *, path: str = "", low: float = 0.0, high: float = 1.0) -> "Saved":
    """The model at `path`: a SavedModel folder or a `.keras` file.

    Args:
        request: not used; the model says which images it takes.
        path: of the folder or file.
        low: value that the model takes for black.
        high: value that the model takes for white: −1 and 1, or 0 and 255, say.
    """
    del request
    if not path:
        raise UserError("extractor saved needs the path of a model: saved(path='models/inception.keras')")
    place = Path(path).expanduser()
    if not (place / "saved_model.pb").is_file() and not (place.suffix == ".keras" and place.is_file()):
        raise UserError(
            f"{path} is no extractor: expected a SavedModel folder (with saved_model.pb), a .keras file, or a name "
            "such as random"
        )
    if low >= high:
        raise UserError(f"extractor saved(low={low}, high={high}): expected low below high")
    return Saved(place, low, high)


class Saved(Extractor):
    """What a model puts out, flattened.

    Args:
        path: of a SavedModel folder or a `.keras` file. A SavedModel is called by its signature `serving_default`,
            or the only one it has.
        low: value for black.
        high: value for white.
    """

    def __init__(self, path: Path, low: float, high: float) -> None:
        self.path = path
        self.low = low
        self.high = high

    def record(self) -> dict[str, Any]:
        """See `Extractor.record`; the hash is of the files, which decide the rest."""
        return {
            "name": self.path.resolve().name,
            "hash": self._digest,
            "values": [self.low, self.high],
            "input_size": None,
            "resize": resizing.BICUBIC,
            "num_features": None,
        }

    @cached_property
    def _digest(self) -> str:
        found = hashlib.sha256()
        inside = sorted(path for path in self.path.rglob("*") if path.is_file())
        for path in inside or [self.path]:
            found.update(f"{path.relative_to(self.path).as_posix()} {path.stat().st_size} ".encode())
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    found.update(block)
        return found.hexdigest()[:16]

    def features(self, images: np.ndarray) -> np.ndarray:
        """See `Extractor.features`."""
        model, (height, width, channels) = self._model
        images = resizing.bicubic(images, height or images.shape[1], width or images.shape[2])
        images = _with_channels(images, channels or images.shape[3], self.path) * (self.high - self.low) + self.low
        return np.asarray(model(images), np.float32).reshape(len(images), -1)

    @cached_property
    def _model(self) -> tuple[Callable[[np.ndarray], Any], tuple[int | None, ...]]:
        """The model, and the (H, W, C) it takes, None where it takes any."""
        try:
            return _keras_model(self.path) if self.path.is_file() else _saved_model(self.path)
        except UserError:
            raise
        except Exception as error:  # of Keras, of TensorFlow, of the zip, and of what the model itself does
            raise UserError(f"the extractor {self.path} cannot be loaded ({type(error).__name__}: {error})") from error


def _keras_model(path: Path) -> tuple[Callable[[np.ndarray], Any], tuple[int | None, ...]]:
    import keras  # here, as `record` is wanted without it

    model = keras.saving.load_model(path, compile=False)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UserError(
            f"the extractor {path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs: expected one each"
        )
    return lambda images: model(images, training=False), _image_shape(tuple(model.inputs[0].shape), path)


def _saved_model(path: Path) -> tuple[Callable[[np.ndarray], Any], tuple[int | None, ...]]:
    import tensorflow as tf  # as above

    loaded = tf.saved_model.load(str(path))
    signatures = dict(loaded.signatures)
    name = next(iter(signatures)) if len(signatures) == 1 else _SIGNATURE
    if name not in signatures:
        raise UserError(f"the extractor {path} has the signatures {sorted(signatures)}: expected {_SIGNATURE!r}")
    signature = signatures[name]
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise UserError(
            f"the signature {name!r} of the extractor {path} has the inputs {sorted(inputs)} and the outputs "
            f"{sorted(outputs)}: expected one each"
        )
    ((key, spec),) = inputs.items()

    def model(images: np.ndarray, owner: Any = loaded) -> Any:
        del owner  # a default argument keeps it alive, and the signature's variables with it
        return next(iter(signature(**{key: tf.constant(images, spec.dtype)}).values()))

    return model, _image_shape(tuple(spec.shape), path)


def _image_shape(shape: tuple[int | None, ...], path: Path) -> tuple[int | None, ...]:
    if len(shape) != 4:
        raise UserError(f"the extractor {path} takes arrays of shape {shape}: expected images (N, H, W, C)")
    return shape[1:]


def _with_channels(images: np.ndarray, channels: int, path: Path) -> np.ndarray:
    """Grey images become colour ones where the model wants colour."""
    if images.shape[3] not in (1, channels):
        raise UserError(f"the extractor {path} takes images with {channels} channels, these have {images.shape[3]}")
    return np.broadcast_to(images, (*images.shape[:3], channels))
