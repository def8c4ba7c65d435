"""The three computations of a "same" convolution, x * w, its adjoint in x and in w, each in the way that is fastest.

oneDNN's convolutions come near the processor's peak, but for three cases, found by timing every convolution of the
presets alone, one thread, against a matrix product of the same size (docs/performance.md):

- maps of a few pixels: rows of 2 or 4 pixels do not fill its registers, and it reaches half the speed of a product of
  patches and kernel. Patches are gathered by position, which costs a tenth of that product;
- weights in bfloat16: a fifth to a half of the product's speed, on all maps;
- the adjoint in x for images, of one or three channels: a tenth of its speed on others. As a plain convolution that
  puts out all pixels of a stride at once it takes less than half the time.
"""

import functools
from typing import Any

import tensorflow as tf

from tfvae.layers.geometry import Geometry, dims

Strides = tuple[int, int]

SHORT_ROW, SHORTEST_ROW = 4, 2  # pixels put out: patches win for x * w and for weights, and for the adjoint too
WIDE_PIXEL = 128  # channels from which on they do
FEW_CHANNELS = 4
MOST_PATCH_VALUES = 2**18  # of an image: 64 MiB of 128 images in bfloat16


def convolve(x: tf.Tensor, w: tf.Tensor, strides: Strides) -> tf.Tensor:
    """x * w: (B, H, W, C) and (kh, kw, C, O) → (B, h, w, O)."""
    *kernel, channels, filters = dims(w)
    g = Geometry(dims(x)[1:3], tuple(kernel), strides)
    if g.out_size[1] > SHORT_ROW or channels < WIDE_PIXEL or not on_cpu():
        return tf.nn.conv2d(x, w, strides, "SAME")
    product = tf.matmul(_patches(x, g), tf.reshape(w, [-1, filters]))
    return tf.reshape(product, [-1, *g.out_size, filters])


def adjoint_in_x(y: tf.Tensor, w: tf.Tensor, strides: Strides, size: Strides) -> tf.Tensor:
    """What x * w is the gradient of: (B, h, w, O) and (kh, kw, C, O) → (B, H, W, C), with (H, W) = `size`."""
    *kernel, channels, filters = dims(w)
    g = Geometry(size, tuple(kernel), strides)
    divides = size == tuple(small * stride for small, stride in zip(g.out_size, strides, strict=True))
    if on_cpu() and channels <= FEW_CHANNELS and divides:
        return _all_phases(y, w, g)
    if on_cpu() and channels >= WIDE_PIXEL and g.out_size[1] <= SHORTEST_ROW:
        patches = tf.matmul(tf.reshape(y, [-1, filters]), tf.reshape(w, [-1, filters]), transpose_b=True)
        return _from_patches(patches, g, channels)
    return tf.nn.conv2d_transpose(y, w, tf.stack([tf.shape(y)[0], *size, channels]), strides, "SAME")


def adjoint_in_w(x: tf.Tensor, y: tf.Tensor, strides: Strides, kernel: Strides) -> tf.Tensor:
    """Σ of x under each weight times y: (B, H, W, C) and (B, h, w, O) → (kh, kw, C, O), with (kh, kw) = `kernel`."""
    _, *size, channels = dims(x)
    filters = dims(y)[3]
    g = Geometry(tuple(size), kernel, strides)
    short = x.dtype == tf.float32 and g.out_size[1] <= SHORT_ROW and channels >= WIDE_PIXEL
    halved = x.dtype == tf.bfloat16 and g.patches.size * channels <= MOST_PATCH_VALUES
    if on_cpu() and (short or halved):
        product = tf.matmul(_patches(x, g), tf.reshape(y, [-1, filters]), transpose_a=True)
        return tf.reshape(product, [*kernel, channels, filters])
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x,
        filter_sizes=[*kernel, channels, filters],
        out_backprop=y,
        strides=[1, *strides, 1],
        padding="SAME",
    )


@functools.cache
def on_cpu() -> bool:
    """Whether TensorFlow has no GPU to place these computations on."""
    return not tf.config.list_physical_devices("GPU")


def _patches(x: tf.Tensor, g: Geometry) -> tf.Tensor:
    """What lies under the kernel at each pixel put out, (B·h·w, kh·kw·C)."""
    channels = dims(x)[3]
    pixels = tf.reshape(x, [-1, g.size[0] * g.size[1], channels])
    found = tf.gather(_with_zero(pixels), g.patches.ravel(), axis=1)
    return tf.reshape(found, [-1, g.patches.shape[1] * channels])


def _from_patches(patches: tf.Tensor, g: Geometry, channels: int) -> tf.Tensor:
    """The adjoint of `_patches`: adds up what each pixel is given from all patches that it is in."""
    pieces = _with_zero(tf.reshape(patches, [-1, g.patches.size, channels]))
    given = tf.add_n([tf.gather(pieces, places, axis=1) for places in g.uses.T])
    return tf.reshape(given, [-1, *g.size, channels])


def _with_zero(x: tf.Tensor) -> tf.Tensor:
    """One zero more along axis 1, which stands for all that lies outside."""
    return tf.pad(x, [[0, 0], [0, 1], [0, 0]])


def _all_phases(y: tf.Tensor, w: tf.Tensor, g: Geometry) -> tf.Tensor:
    (rows, down), (columns, right) = g.phases(0), g.phases(1)
    (high, wide), (*_, channels, filters) = g.strides, dims(w)
    padded = tf.pad(tf.transpose(w, [0, 1, 3, 2]), [[0, 1], [0, 1], [0, 0], [0, 0]])  # (kh + 1, kw + 1, O, C)
    plain = tf.gather(tf.gather(padded, down, axis=0), right, axis=2)  # (places, sh, places, sw, O, C)
    plain = tf.transpose(plain, [0, 2, 4, 1, 3, 5])
    plain = tf.reshape(plain, [len(down), len(right), filters, high * wide * channels])
    padding: Any = [[0, 0], list(rows), list(columns), [0, 0]]
    found = tf.nn.conv2d(y, plain, 1, padding)  # (B, h, w, sh·sw·C)
    height, width = g.out_size
    # A transposition whose last axis is long: one row of a stride's pixels lies together.
    found = tf.reshape(found, [-1, width, high, wide * channels])
    return tf.reshape(tf.transpose(found, [0, 2, 1, 3]), [-1, height * high, width * wide, channels])
