"""The gated PixelCNN."""

import keras
import tensorflow as tf

from tfvae.code_priors.base import CodePrior
from tfvae.code_priors.filling import Stack, fill
from tfvae.code_priors.gated_layer import GatedLayer
from tfvae.code_priors.inverse_cdf import uniforms
from tfvae.registry import limit_faults


@keras.saving.register_keras_serializable("tfvae.code_priors")
class GatedPixelCNN(CodePrior):
    """p(c) or p(c|y) by a gated PixelCNN (van den Oord et al. 2016, arXiv:1606.05328), on embedded codes.

    The vertical stack begins with the embedded codes moved down by a row, the horizontal one with the same moved right
    by a column. After that no layer can see what is to come, and all are alike. Nothing earlier is hidden either, if
    there are layers enough to reach it: each adds (k − 1)/2 rows and columns.

    Args:
        channels: C, of both stacks, of the embedding and of the layer before the logits.
        depth: gated layers.
        kernel_size: k, odd.
        num_classes: of labels y, which every layer is conditional on; 0: none.
    """

    limits = (("channels", 1, 4096), ("depth", 1, 100), ("kernel_size", 3, 31), ("num_classes", 0, 100_000))

    def __init__(
        self, channels: int = 128, depth: int = 10, kernel_size: int = 3, num_classes: int = 0, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.depth = depth
        self.kernel_size = kernel_size
        self.num_classes = num_classes
        found = limit_faults(self.limits, vars(self))
        if kernel_size % 2 == 0:
            found.append(f"kernel_size is {kernel_size}: expected an odd number, for a kernel has a middle")
        if found:
            raise ValueError("; ".join(found))

    def build(self, logits_shape: tuple[int | None, ...]) -> None:
        """See `CodePrior.build`."""
        super().build(logits_shape)
        if self.built:
            return
        policy, size = self.dtype_policy, (None, None, None, self.channels)
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self._embedding = keras.layers.Embedding(self.num_codes, self.channels, normal, dtype=policy, name="codes")
        self._gated = [
            GatedLayer(self.channels, self.kernel_size, dtype=policy, name=f"gated_{number}")
            for number in range(self.depth)
        ]
        self._conditions = [
            keras.layers.Embedding(self.num_classes, 4 * self.channels, dtype=policy, name=f"classes_{number}")
            for number in range(self.depth if self.num_classes else 0)
        ]
        self._hidden = keras.layers.Conv2D(self.channels, 1, activation="relu", dtype=policy, name="hidden")
        self._logits = keras.layers.Conv2D(self.num_codes, 1, dtype=policy, name="logits")
        for layer in (*self._gated, self._hidden, self._logits):
            layer.build(size)
        for layer in (self._embedding, *self._conditions):
            layer.build((None,))

    def call(self, codes: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """See `CodePrior.call`."""
        return self.logits_of(self._embedding(codes), labels)

    def logits_of(self, embedded: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """The logits (B, h, w, K) float32 of codes that are embedded, (B, h, w, C).

        Raises:
            ValueError: if labels are missing where there are classes, or given where there are none.
        """
        down = tf.pad(embedded, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]
        across = tf.pad(embedded, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
        for layer, condition in zip(self._gated, self._conditions_of(labels), strict=True):
            down, across = layer(down, across, condition)
        return self._head(across)

    def draw(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        """See `CodePrior.draw`. One graph, which no new size of batch makes anew."""
        return self._sample(seeds, temperatures, tf.zeros(tf.shape(seeds)[:1], tf.int32) if labels is None else labels)

    @tf.function(
        autograph=False,
        input_signature=(tf.TensorSpec((None, 2), tf.int32), tf.TensorSpec((None,)), tf.TensorSpec((None,), tf.int32)),
    )
    def _sample(self, seeds: tf.Tensor, temperatures: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        height, width = self.code_shape
        numbers = tf.reshape(uniforms(seeds, height * width), [-1, height, width])
        conditions = self._conditions_of(labels if self.num_classes else None)
        return fill(Stack(self._gated, conditions, self._embedding, self._head), numbers, temperatures)

    def _head(self, across: tf.Tensor) -> tf.Tensor:
        return tf.cast(self._logits(self._hidden(tf.nn.relu(across))), tf.float32)

    def _conditions_of(self, labels: tf.Tensor | None) -> list[tf.Tensor | None]:
        self.check_labels(labels)
        if labels is not None:
            return [embedding(labels)[:, None, None] for embedding in self._conditions]
        if self.num_classes:
            raise ValueError(f"labels were not given for the logits of a code prior of {self.num_classes} classes")
        return [None] * self.depth

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        options = ("channels", "depth", "kernel_size", "num_classes")
        return {**super().get_config(), **{name: getattr(self, name) for name in options}}
