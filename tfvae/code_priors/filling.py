"""Sampling code by code without computing anything twice.

A row of the vertical stack depends on the rows above alone, so it is computed once for the whole row; a pixel of the
horizontal stack depends on few pixels before it in each layer, which are kept.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from tfvae.code_priors.gated_layer import GatedLayer
from tfvae.code_priors.inverse_cdf import choose


class Stack(NamedTuple):
    """A gated PixelCNN in parts.

    Attributes:
        layers: the gated layers.
        conditions: of each layer, (B, 1, 1, 4C) or None.
        embed: codes (…) → (…, C).
        logits: the horizontal stack after the last layer (B, h, w, C) → (B, h, w, K).
    """

    layers: Sequence[GatedLayer]
    conditions: Sequence[tf.Tensor | None]
    embed: Callable[[tf.Tensor], tf.Tensor]
    logits: Callable[[tf.Tensor], tf.Tensor]


def fill(stack: Stack, numbers: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
    """Codes (B, h, w) int32, drawn one after another in raster order.

    Args:
        stack: the network.
        numbers: a uniform number for each code, (B, h, w) float32.
        temperatures: (B,).
    """
    height, width = numbers.shape[1:]
    batch = tf.shape(numbers)[0]
    nothing = tf.zeros_like(stack.embed(tf.zeros([batch, 1, width], tf.int32)))  # (B, 1, w, C), above the first row

    def row(
        number: tf.Tensor, above: tf.Tensor, kept: list[tf.Tensor], filled: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor], tf.TensorArray]:
        links, kept = _down(stack, above, kept)
        codes = _across(stack, links, numbers[:, number], temperatures)
        return number + 1, stack.embed(codes)[:, None], kept, filled.write(number, codes)

    before = [tf.tile(nothing, [1, layer.reach, 1, 1]) for layer in stack.layers]
    filled = tf.TensorArray(tf.int32, height, element_shape=(None, width))
    *_, filled = tf.while_loop(lambda number, *_: number < height, row, (0, nothing, before, filled))
    return _with_batch_first(filled)


def _down(stack: Stack, above: tf.Tensor, kept: Sequence[tf.Tensor]) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """What the vertical stack passes on at the next row, (B, 1, w, 2C) by layer, and the rows to keep for the next.

    Args:
        stack: the network.
        above: the codes of the row above, embedded: (B, 1, w, C).
        kept: the last rows of the vertical stack before each layer, (B, reach, w, C).
    """
    links, keep = [], []
    for layer, rows, condition in zip(stack.layers, kept, stack.conditions, strict=True):
        window = tf.concat([rows, above], axis=1)
        above, link = layer.go_down(window, condition)
        links.append(link)
        keep.append(window[:, 1:])
    return links, keep


def _across(stack: Stack, links: Sequence[tf.Tensor], numbers: tf.Tensor, temperatures: tf.Tensor) -> tf.Tensor:
    """One row of codes (B, w), from left to right, given what comes from above and the row's numbers (B, w)."""
    width = numbers.shape[1]
    nothing = tf.zeros_like(stack.embed(tf.zeros([tf.shape(numbers)[0], 1, 1], tf.int32)))  # left of the first column

    def pixel(
        column: tf.Tensor, left: tf.Tensor, kept: list[tf.Tensor], filled: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor], tf.TensorArray]:
        keep = []
        for layer, columns, link, condition in zip(stack.layers, kept, links, stack.conditions, strict=True):
            window = tf.concat([columns, left], axis=2)
            left = layer.go_across(window, link[:, :, column, None], condition)
            keep.append(window[:, :, 1:])
        codes = choose(stack.logits(left)[:, 0, 0], temperatures, numbers[:, column])  # (B,)
        return column + 1, stack.embed(codes)[:, None, None], keep, filled.write(column, codes)

    before = [tf.tile(nothing, [1, 1, layer.reach, 1]) for layer in stack.layers]
    filled = tf.TensorArray(tf.int32, width, element_shape=(None,))
    *_, filled = tf.while_loop(lambda column, *_: column < width, pixel, (0, nothing, before, filled))
    return _with_batch_first(filled)


def _with_batch_first(filled: tf.TensorArray) -> tf.Tensor:
    # No transposition: oneDNN prints an error line at those of whole numbers, and TensorFlow does them without it.
    return tf.stack(tf.unstack(filled.stack()), axis=1)
