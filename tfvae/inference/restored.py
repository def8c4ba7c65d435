"""A SavedModel's signatures as functions from arrays to arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfvae import quiet
from tfvae.errors import UserError

Array = NDArray[Any]

# Examples per call: memory stays small however many there are.
_BATCH = 64
_INPUT_TYPES: dict[str, type[np.generic]] = {"seed": np.int32, "codes": np.int32, "label": np.int32}


class UnavailableError(UserError):
    """This model or run lacks what a picture needs."""


class Restored:
    """A model restored from `serving/VERSION/`, images in [0, 1].

    Raises:
        UserError: TensorFlow cannot read the folder.
    """

    def __init__(self, serving: Path) -> None:
        with quiet.lean_imports(*quiet.SERVING_NEEDS_NO):
            quiet.import_tensorflow()
        import tensorflow as tf

        try:
            # Kept: the signatures hold its variables only weakly.
            self._model = tf.saved_model.load(str(serving))
        except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"the SavedModel in {str(serving)!r} cannot be read ({reason}): train the run again with vae.py"
            ) from error
        self._signatures: Mapping[str, Any] = self._model.signatures

    def image_shape(self) -> tuple[int | None, int | None, int]:
        """(height, width, channels) of the model's images; None where any size will do."""
        _, named = self._signature("serving_default").structured_input_signature
        return tuple(named["images"].shape[1:])

    def reconstruct(self, images: Array) -> Array:
        """(N, H, W, C) → their reconstructions (N, H, W, C)."""
        return _clipped(self._call("serving_default", images=images)["reconstructions"])

    def encode(self, images: Array) -> tuple[Array, Array]:
        """(N, H, W, C) → mean and standard deviation of q(z|x), (N, L) each."""
        outputs = self._call("encode", images=images)
        return outputs["mean"], outputs["stddev"]

    @property
    def coded(self) -> bool:
        """Whether its latents are maps of codes, which `encode` gives and `decode` takes."""
        return "encode" in self._signatures and "codes" in self._signatures["encode"].structured_outputs

    def codes(self, images: Array) -> tuple[Array, Array]:
        """Of a coded model: (N, H, W, C) → codes (N, h, w) and their vectors (N, h, w, D)."""
        outputs = self._call("encode", images=images)
        return outputs["codes"], outputs["mean"]

    def decode(self, latents: Array) -> Array:
        """(N, L) → images (N, H, W, C)."""
        return _clipped(self._call("decode", latents=latents)["images"])

    def sample(self, count: int, seed: int, temperature: float) -> tuple[Array, Array]:
        """New images (N, H, W, C) and their latents (N, L); image i depends on (seed, i) only."""
        seeds = np.stack([np.full(count, seed), np.arange(count)], axis=1)
        outputs = self._call("sample", seed=seeds, temperature=np.full(count, temperature))
        return _clipped(outputs["images"]), outputs["latents"]

    def sample_codes(self, count: int, seed: int, temperature: float) -> tuple[Array, Array]:
        """The codes (N, h, w) of the same images, and their vectors (N, h, w, D), of a coded model."""
        seeds = np.stack([np.full(count, seed), np.arange(count)], axis=1)
        outputs = self._call("sample", seed=seeds, temperature=np.full(count, temperature))
        return outputs["codes"], outputs["latents"]

    @property
    def has_classes(self) -> bool:
        """Whether it can draw images of a class that is asked for."""
        return "sample_class" in self._signatures

    def sample_class(self, labels: Array, seed: int, temperature: float) -> Array:
        """New images (N, H, W, C) of classes (N,); image i depends on (seed, i) and its class only."""
        count = len(labels)
        seeds = np.stack([np.full(count, seed), np.arange(count)], axis=1)
        given = {"seed": seeds, "temperature": np.full(count, temperature), "label": labels}
        return _clipped(self._call("sample_class", **given)["images"])

    def decode_codes(self, codes: Array) -> Array:
        """Codes (N, h, w) → images (N, H, W, C), of a coded model."""
        return _clipped(self._call("decode", codes=codes)["images"])

    def _signature(self, name: str) -> Any:
        if name not in self._signatures:
            raise UnavailableError(f"the model has no signature {name!r}, only {', '.join(sorted(self._signatures))}")
        return self._signatures[name]

    def _call(self, name: str, **inputs: Array) -> dict[str, Array]:
        import tensorflow as tf

        signature = self._signature(name)
        count = len(next(iter(inputs.values())))
        parts = []
        for start in range(0, count, _BATCH):
            part = {key: value[start : start + _BATCH] for key, value in inputs.items()}
            tensors = {key: tf.constant(value.astype(_INPUT_TYPES.get(key, np.float32))) for key, value in part.items()}
            parts.append({key: value.numpy() for key, value in signature(**tensors).items()})
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _clipped(images: Array) -> Array:
    # The mean of a Gaussian likelihood may leave [0, 1] a little.
    return np.clip(images, 0, 1)
