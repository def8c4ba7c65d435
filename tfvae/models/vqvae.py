"""The vector-quantised autoencoder."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.likelihoods.base import Likelihood
from tfvae.models.base import Array, Signature, Terms
from tfvae.models.code_usage import CodeUsage
from tfvae.models.without_prior import WithoutPrior
from tfvae.quantizers import packing
from tfvae.quantizers.base import Quantized, Quantizer
from tfvae.quantizers.vector import VectorQuantizer

FEWEST_IMAGES = 256  # that the quantiser begins from, where there are so many: a few hold no variety
BATCH = 64


@keras.saving.register_keras_serializable("tfvae.models")
class VQVAE(WithoutPrior):
    """log p(x|z) at the codes that the encoder's outputs are rounded to (van den Oord et al. 2017, arXiv:1711.00937).

    Latents are maps (h, w, D), every place of which is one of K vectors. `encode` gives a point mass at them. It has
    no prior of its own: no bound, no samples. In training the quantiser's loss is added to the objective.

    Args:
        encoder: a built Keras model, images (B, H, W, C) in [0, 1] → (B, h, w, D).
        decoder: a built Keras model, (B, h, w, D) → (B, H, W, likelihood.params_per_channel·C).
        likelihood: see `EncoderDecoder`; a Gaussian of fixed σ is the squared error.
        quantizer: None: 512 vectors that are running means.
        seed: of what is random in the quantiser's training.

    Raises:
        ValueError: if the shapes of encoder, decoder, quantiser and likelihood do not fit together.

    Example:
        >>> network = tfvae.networks.ResidualStack(hidden=32)
        >>> model = tfvae.models.VQVAE(network.encoder((32, 32, 3), 16), network.decoder(16, (32, 32, 3)))
        >>> model.adapt(lambda most: images[:most])
        >>> model.compile("adam")
    """

    has_prior = False
    quantized = True
    parts: ClassVar[tuple[str, ...]] = (*WithoutPrior.parts, "quantizer")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        likelihood: Likelihood | None = None,
        quantizer: Quantizer | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, decoder, likelihood, seed=seed, **kwargs)
        self.quantizer = quantizer or VectorQuantizer()
        self._finish(1, "the vectors to be quantised")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `AbstractVAE.build`."""
        del input_shape
        if len(self.latent_shape) != 3 or self.encoder.output_shape[1:] != self.latent_shape:
            raise ValueError(
                f"the encoder puts out {self.encoder.output_shape[1:]} and the decoder takes {self.latent_shape}: "
                f"expected one shape (h, w, D) of both"
            )
        self.quantizer.build((None, *self.latent_shape))
        self._code_usage = CodeUsage(self.num_codes)
        self.built = True

    # Codes.

    @property
    def num_codes(self) -> int:
        """K."""
        return self.quantizer.num_codes

    @property
    def code_shape(self) -> tuple[int, int]:
        """(h, w)."""
        height, width, _ = self.latent_shape
        return height, width

    def encode_codes(self, images: Any) -> tf.Tensor:
        """The codes of images (B, H, W, C): int32 (B, h, w)."""
        return self._quantize(images).codes

    def decode_codes(self, codes: Any) -> tfd.Distribution:
        """p(x|z) at the vectors of codes, int32 (B, h, w)."""
        return self.decode(self.quantizer.lookup(codes))

    def log_likelihood_of(self, images: Any, codes: Any) -> tf.Tensor:
        """log p(x|z) of images (B, H, W, C) in nats at codes (B, h, w): (B,)."""
        return self.decode_codes(codes).log_prob(images)

    def bits_per_pixel(self) -> float:
        """The rate of `compress`."""
        return 8 * packing.bytes_per_image(self.num_codes, self.code_shape) / math.prod(self.image_shape[:2])

    def _quantize(self, images: Any, training: bool = False) -> Quantized:
        return self.quantizer(self.encoder(images, training=training), training=training, seed=self.seed)

    # What every model can do.

    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.encode`. It learns nothing, whatever `training` says to the encoder's layers."""
        latents = self.quantizer(self.encoder(images, training=training), training=False).latents
        return tfd.Independent(tfd.Deterministic(latents), 3)

    def terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool = False) -> Terms:
        """See `AbstractVAE.terms`."""
        del noise
        found = self._quantize(images, training)
        no_kl = tf.zeros_like(found.loss)[:, None]
        terms = self._terms(images, found.latents, no_kl, found.latents, training)
        return terms._replace(added=found.loss, codes=found.codes)

    def observe(self, terms: Terms) -> dict[str, tf.Tensor]:
        """See `AbstractVAE.observe`: perplexity, and the share of codes in use."""
        if terms.codes is not None:
            self._code_usage.update_state(terms.codes)
        return self._code_usage.result()

    def adapt(self, images: Callable[[int], Array]) -> None:
        """See `AbstractVAE.adapt`: the quantiser begins from the encoder's first outputs."""
        wanted = self.quantizer.wanted_latents
        if not wanted:
            return
        pixels = images(max(FEWEST_IMAGES, -(-wanted // math.prod(self.code_shape))))
        batches = (pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH))
        latents = np.concatenate([np.asarray(self.encoder(batch, training=False)) for batch in batches])
        self.quantizer.adapt(latents.reshape(-1, self.latent_shape[-1]), self.seed)

    # What is served and reported.

    def own_signatures(self) -> dict[str, Signature]:
        """See `AbstractVAE.own_signatures`. Latents are given as codes, and images as bytes too."""
        images = tf.TensorSpec((None, *self.image_shape), tf.float32, name="images")
        codes = tf.TensorSpec((None, *self.code_shape), tf.int32, name="codes")
        packed = tf.TensorSpec((None,), tf.string, name="bytes")

        def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
            found = self._quantize(images)
            return {"mean": found.latents, "codes": found.codes}

        def decode(codes: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.decode_outputs(self.quantizer.lookup(codes))

        def compress(images: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"bytes": packing.pack(self.encode_codes(images), self.num_codes, self.code_shape)}

        def decompress(bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"images": self.decode_codes(packing.unpack(bytes, self.num_codes, self.code_shape)).mean()}

        return {
            "encode": (encode, [images]),
            "decode": (decode, [codes]),
            "compress": (compress, [images]),
            "decompress": (decompress, [packed]),
        }

    def statistics(self) -> dict[str, Array]:
        """See `AbstractVAE.statistics`: `code_counts`, how often each code was seen, (K,)."""
        return self._code_usage.statistics()

    def latents_in_words(self) -> str:
        """See `AbstractVAE.latents_in_words`."""
        height, width = self.code_shape
        size = packing.bytes_per_image(self.num_codes, self.code_shape)
        return (
            f"{height}×{width} codes of {self.num_codes:,}, vectors of {self.latent_shape[-1]}: {size:,} bytes an "
            f"image, {self.bits_per_pixel():.4g} bits per pixel"
        )
