"""Codes as bytes: each takes the least whole number of bits that can tell K of them apart."""

import math

import tensorflow as tf


def bits_per_code(num_codes: int) -> int:
    """⌈log₂ K⌉: 9 of 512 codes."""
    return max(1, (num_codes - 1).bit_length())


def bytes_per_image(num_codes: int, shape: tuple[int, ...]) -> int:
    """How long an image's codes are; the last byte is filled up with zeros."""
    return -(-bits_per_code(num_codes) * math.prod(shape) // 8)


def pack(codes: tf.Tensor, num_codes: int, shape: tuple[int, int]) -> tf.Tensor:
    """The bytes of each image, string (B,): its codes in reading order, each with its highest bit first.

    Args:
        codes: int32 (B, h, w).
        num_codes: K.
        shape: (h, w).
    """
    length, count, width = _sizes(num_codes, shape)
    bits = _bits(tf.reshape(codes, [-1, count]), width, count * width)
    padded = tf.pad(bits, [[0, 0], [0, 8 * length - count * width]])
    values = _numbers(tf.reshape(padded, [-1, length, 8]), 8)  # (B, length), from 0 to 255
    letters = tf.constant([bytes([value]) for value in range(256)])
    return tf.strings.reduce_join(tf.gather(letters, values), axis=1)


def unpack(packed: tf.Tensor, num_codes: int, shape: tuple[int, int]) -> tf.Tensor:
    """The inverse of `pack`: int32 (B, h, w).

    Raises:
        tf.errors.InvalidArgumentError: if a string has another length than `pack` gives, or holds a code above K − 1.
    """
    length, count, width = _sizes(num_codes, shape)
    found = tf.strings.length(packed)
    fit = tf.debugging.assert_equal(found, length, f"expected {length} bytes for each image, as compress gives them")
    with tf.control_dependencies([fit] if fit is not None else []):
        values = tf.io.decode_raw(packed, tf.uint8)
    bits = _bits(tf.reshape(tf.cast(values, tf.int32), [-1, length]), 8, 8 * length)[:, : count * width]
    codes = _numbers(tf.reshape(bits, [-1, *shape, width]), width)
    below = tf.debugging.assert_less(codes, num_codes, "the bytes are not those of an image: a code is too high")
    with tf.control_dependencies([below] if below is not None else []):
        return tf.identity(codes)


def _sizes(num_codes: int, shape: tuple[int, int]) -> tuple[int, int, int]:
    """Bytes of an image, its codes, and bits of each."""
    return bytes_per_image(num_codes, shape), math.prod(shape), bits_per_code(num_codes)


def _bits(numbers: tf.Tensor, width: int, total: int) -> tf.Tensor:
    """int32 (B, n) → (B, total = n·width) of 0 and 1, the highest bit of each first."""
    shifted = tf.bitwise.right_shift(tf.expand_dims(numbers, -1), tf.range(width - 1, -1, -1))
    return tf.reshape(tf.bitwise.bitwise_and(shifted, 1), [-1, total])


def _numbers(bits: tf.Tensor, width: int) -> tf.Tensor:
    """int32 (…, width) of 0 and 1, the highest first → (…)."""
    return tf.reduce_sum(tf.bitwise.left_shift(bits, tf.range(width - 1, -1, -1)), axis=-1)
