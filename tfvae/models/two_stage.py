"""A vector-quantised autoencoder with a prior on its codes."""

import math
from typing import Any, Self

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfvae.code_priors.base import CodePrior
from tfvae.likelihoods.base import Likelihood
from tfvae.models.base import AbstractVAE, Array, Signature, Terms, images_of
from tfvae.models.code_usage import CodeUsage
from tfvae.models.vqvae import VQVAE
from tfvae.quantizers.base import Quantizer


@keras.saving.register_keras_serializable("tfvae.models")
class TwoStage(AbstractVAE):
    """log p(x) ≥ log p(c) + log p(x|c) with c the codes of x (van den Oord et al. 2017, arXiv:1711.00937, section 3.3).

    The first stage is trained, and frozen; only the prior on codes learns. q(c|x) is a point mass at the codes that
    the first stage gives, so KL(q ‖ p) is −log p(c), and the two terms are the evidence lower bound: a bound, for other
    codes could be decoded to x too. `kl` is by place, −log p(c_i | c_1, …, c_{i−1}).

    Where the prior has classes it learns from images with labels y, by −log p(c, y). What is measured needs none of
    them: it is the sum over all y, −log p(c), which is never higher.

    Args:
        first_stage: whose codes these are. It is frozen here.
        code_prior: p(c).
        seed: taken for the sake of a common interface: neither stage has noise in training.

    Raises:
        ValueError: if the prior has been built for other codes.
    """

    has_prior = True
    quantized = True
    first_stage_family = "vqvae"

    def __init__(self, first_stage: VQVAE, code_prior: CodePrior, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.first_stage = first_stage
        self.first_stage.trainable = False
        # Each one too: a layer that is read from a file is frozen already, and Keras does not look into it again.
        for weight in self.first_stage.weights:
            weight.trainable = False
        self.code_prior = code_prior
        self.build((None, *self.image_shape))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `AbstractVAE.build`."""
        del input_shape
        self.code_prior.build((None, *self.code_shape, self.num_codes))
        self._code_usage = CodeUsage(self.num_codes)
        self._bits_per_code = keras.metrics.Mean("bits_per_code")
        self.built = True

    # Codes.

    @property
    def num_codes(self) -> int:
        """K."""
        return self.first_stage.num_codes

    @property
    def code_shape(self) -> tuple[int, int]:
        """(h, w)."""
        return self.first_stage.code_shape

    @property
    def num_classes(self) -> int:
        """See `AbstractVAE.num_classes`. Those of the prior."""
        return self.code_prior.num_classes

    @property
    def quantizer(self) -> Quantizer:
        """Of the first stage."""
        return self.first_stage.quantizer

    @property
    def likelihood(self) -> Likelihood:
        """Of the first stage."""
        return self.first_stage.likelihood

    def encode_codes(self, images: Any) -> tf.Tensor:
        """The codes of images (B, H, W, C): int32 (B, h, w)."""
        return self.first_stage.encode_codes(images)

    def decode_codes(self, codes: Any) -> tfd.Distribution:
        """p(x|c) of codes, int32 (B, h, w)."""
        return self.first_stage.decode_codes(codes)

    def draw_codes(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Codes (B, h, w) int32 from the prior; rows as in `draw`, the rest as in `CodePrior.sample`."""
        return self.code_prior.sample(seeds, temperatures, labels)

    # What every model can do.

    @property
    def image_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.image_shape`."""
        return self.first_stage.image_shape

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """See `AbstractVAE.latent_shape`: that of the vectors that codes stand for, (h, w, D)."""
        return self.first_stage.latent_shape

    def networks(self) -> list[keras.Model]:
        """See `AbstractVAE.networks`. Those of the first stage."""
        return self.first_stage.networks()

    def encode(self, images: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.encode`."""
        del training
        return self.first_stage.encode(images)

    def decode(self, latents: Any, training: bool = False) -> tfd.Distribution:
        """See `AbstractVAE.decode`."""
        del training
        return self.first_stage.decode(latents)

    def decode_outputs(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `AbstractVAE.decode_outputs`."""
        return self.first_stage.decode_outputs(latents)

    def scale(self) -> tf.Tensor | None:
        """See `AbstractVAE.scale`."""
        return self.first_stage.scale()

    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.draw`: the vectors (B, h, w, D) of codes that are drawn."""
        return self.quantizer.lookup(self.draw_codes(seeds, temperatures))

    def noise(self, batch_size: Any, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.noise`. None of it, (B, 0)."""
        return self.first_stage.noise(batch_size, seed)

    def terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool = False) -> Terms:
        """See `AbstractVAE.terms`. The KL is by place, (B, h·w); the first stage never learns from it."""
        del training
        return self._terms(images, noise, None)

    def training_terms(self, data: Any, noise: tf.Tensor) -> Terms:
        """See `AbstractVAE.training_terms`. With labels the KL is −log p(c, y); without them a prior sums over y."""
        images, labels = images_of(data), None
        if self.num_classes and isinstance(data, tuple | list):
            labels = next(iter(data[1:]), None)
        return self._terms(images, noise, labels)

    def _terms(self, images: tf.Tensor, noise: tf.Tensor, labels: tf.Tensor | None) -> Terms:
        found = self.first_stage.terms(images, noise)
        codes = tf.stop_gradient(found.codes)
        nats = self.code_prior.nats(codes, labels)  # (B, h, w)
        return found._replace(
            log_likelihood=tf.stop_gradient(found.log_likelihood),
            kl=tf.reshape(nats, [-1, math.prod(self.code_shape)]),
            added=tf.zeros_like(found.added),
            codes=codes,
        )

    def log_weights(self, images: tf.Tensor, num_samples: int, seed: tf.Tensor) -> tf.Tensor:
        """See `AbstractVAE.log_weights`. q(c|x) is a point mass: every draw gives the bound itself."""
        return tf.repeat(self.elbo(images, seed)[:, None], num_samples, axis=1)

    def observe(self, terms: Terms) -> dict[str, tf.Tensor]:
        """See `AbstractVAE.observe`: the cost of a code in bits, beside what the first stage says of its codes."""
        self._bits_per_code.update_state(tf.reduce_mean(terms.kl, axis=-1) / math.log(2.0))
        if terms.codes is not None:
            self._code_usage.update_state(terms.codes)
        return {"bits_per_code": self._bits_per_code.result(), **self._code_usage.result()}

    # What is served and reported.

    def own_signatures(self) -> dict[str, Signature]:
        """See `AbstractVAE.own_signatures`. Those of the first stage, and samples as codes too; of a class, if any."""
        seed = tf.TensorSpec((None, 2), tf.int32, name="seed")
        temperature = tf.TensorSpec((None,), tf.float32, name="temperature")
        label = tf.TensorSpec((None,), tf.int32, name="label")

        def decoded(codes: tf.Tensor) -> dict[str, tf.Tensor]:
            latents = self.quantizer.lookup(codes)
            return {"images": self.decode(latents).mean(), "codes": codes, "latents": latents}

        def sample(seed: tf.Tensor, temperature: tf.Tensor) -> dict[str, tf.Tensor]:
            return decoded(self.draw_codes(seed, temperature))

        def sample_class(seed: tf.Tensor, temperature: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
            return decoded(self.draw_codes(seed, temperature, label))

        of_classes = {"sample_class": (sample_class, [seed, temperature, label])} if self.num_classes else {}
        return {**self.first_stage.own_signatures(), "sample": (sample, [seed, temperature]), **of_classes}

    def statistics(self) -> dict[str, Array]:
        """See `AbstractVAE.statistics`: `code_counts`, how often each code was seen, (K,), and `class_shares`, (Y,)."""
        shares = {"class_shares": self.code_prior.class_shares.numpy()} if self.num_classes else {}
        return {**self._code_usage.statistics(), **shares}

    def latents_in_words(self) -> str:
        """See `AbstractVAE.latents_in_words`."""
        return self.first_stage.latents_in_words()

    def get_config(self) -> dict[str, Any]:
        """See `keras.Model.get_config`."""
        stages = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in STAGES}
        config = super().get_config()
        del config["kl_weight"]  # the bound itself is trained on
        return {**config, **stages}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """See `keras.Model.from_config`."""
        made = {name: keras.saving.deserialize_keras_object(config[name]) for name in STAGES}
        return cls(**{**config, **made})


STAGES = ("first_stage", "code_prior")
