"""One layer of a gated PixelCNN: two stacks that together see all that is above and to the left, and nothing else."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfvae.code_priors")
class GatedLayer(keras.layers.Layer):
    """The gated layer of van den Oord et al. 2016, arXiv:1606.05328, figure 2.

    The vertical stack sees rows above and at its own; the horizontal one sees its own row up to its own column, and
    what the vertical one passes on. The kernels are as small as what they may see, on inputs padded on one side: a
    masked kernel of k×k would multiply by zeros nearly half of the time.

    Args:
        channels: C, of both stacks.
        kernel_size: k, odd: the vertical kernel is (k + 1)/2 × k, the horizontal one 1 × (k + 1)/2.
    """

    def __init__(self, channels: int, kernel_size: int = 3, **kwargs) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.kernel_size = kernel_size
        self.reach = kernel_size // 2  # rows above, columns to either side
        kinds = {
            "vertical": (2 * channels, (self.reach + 1, kernel_size)),
            "link": (2 * channels, 1),
            "horizontal": (2 * channels, (1, self.reach + 1)),
            "residual": (channels, 1),
        }
        for name, (count, size) in kinds.items():
            made = keras.layers.Conv2D(count, size, padding="valid", dtype=self.dtype_policy, name=name)
            setattr(self, f"_{name}", made)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights; `input_shape` is that of either stack, (None, h, w, C)."""
        del input_shape
        for layer in (self._vertical, self._horizontal, self._residual):
            layer.build((None, None, None, self.channels))
        self._link.build((None, None, None, 2 * self.channels))

    def call(
        self, down: tf.Tensor, across: tf.Tensor, condition: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Both stacks after the layer, (B, h, w, C) each.

        Args:
            down: the vertical stack, (B, h, w, C).
            across: the horizontal one, (B, h, w, C).
            condition: added before both gates, (B, 1, 1, 4C); None: nothing.
        """
        above, left = ((0, 0), (self.reach, 0), (0, 0), (0, 0)), ((0, 0), (0, 0), (self.reach, 0), (0, 0))
        down, link = self.go_down(tf.pad(down, above), condition)
        return down, self.go_across(tf.pad(across, left), link, condition)

    def go_down(self, rows: tf.Tensor, condition: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """The vertical stack after the layer (B, n, w, C), and what it passes to the horizontal one (B, n, w, 2C).

        Args:
            rows: n rows of the vertical stack below the (k − 1)/2 before them, (B, n + (k − 1)/2, w, C).
            condition: see `call`.
        """
        sides = ((0, 0), (0, 0), (self.reach, self.reach), (0, 0))
        features = self._vertical(tf.pad(rows, sides))
        if condition is not None:
            features += tf.split(condition, 2, axis=-1)[0]
        return gate(features), self._link(features)

    def go_across(self, columns: tf.Tensor, link: tf.Tensor, condition: tf.Tensor | None) -> tf.Tensor:
        """The horizontal stack after the layer, (B, h, n, C).

        Args:
            columns: n columns of the horizontal stack, right of the (k − 1)/2 before them, (B, h, n + (k − 1)/2, C).
            link: what the vertical stack passes on at these, (B, h, n, 2C).
            condition: see `call`.
        """
        features = self._horizontal(columns) + link
        if condition is not None:
            features += tf.split(condition, 2, axis=-1)[1]
        return columns[:, :, self.reach :] + self._residual(gate(features))

    def get_config(self) -> dict:
        """See `keras.layers.Layer.get_config`."""
        return {**super().get_config(), "channels": self.channels, "kernel_size": self.kernel_size}


def gate(features: tf.Tensor) -> tf.Tensor:
    """tanh of one half of the channels times the sigmoid of the other, (…, 2C) → (…, C); equation 2 there."""
    values, gates = tf.split(features, 2, axis=-1)
    return tf.tanh(values) * tf.sigmoid(gates)
