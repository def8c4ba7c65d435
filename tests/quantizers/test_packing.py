"""Codes as bytes, against strings of binary digits."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantizers import packing


@pytest.mark.parametrize(
    ("num_codes", "bits"), [(2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9), (512, 9), (513, 10), (1000, 10)]
)
def test_round_trip_in_the_fewest_bits(rng, num_codes, bits):
    shape = (3, 5)
    codes = rng.integers(num_codes, size=(4, *shape)).astype(np.int32)
    codes[0], codes[1] = 0, num_codes - 1
    assert packing.bits_per_code(num_codes) == bits
    packed = packing.pack(tf.constant(codes), num_codes, shape)
    for row, found in zip(codes, packed.numpy(), strict=True):
        digits = "".join(f"{code:0{bits}b}" for code in row.ravel())
        padded = digits + "0" * (-len(digits) % 8)
        assert found == bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))
        assert len(found) == packing.bytes_per_image(num_codes, shape)
    np.testing.assert_array_equal(packing.unpack(packed, num_codes, shape), codes)


def test_512_codes_of_8_by_8_take_72_bytes():
    assert packing.bytes_per_image(512, (8, 8)) == 72
    assert packing.bytes_per_image(512, (7, 7)) == 56


@pytest.mark.parametrize(
    ("packed", "words"),
    [([b"abc"], "expected 2 bytes"), ([b"ab", b""], "expected 2 bytes"), ([b"\xff\xff"], "a code is too high")],
)
def test_bytes_that_are_of_no_image(packed, words):
    graph = tf.function(lambda given: packing.unpack(given, 10, (2, 2)), [tf.TensorSpec((None,), tf.string)])
    for function in (graph, lambda given: packing.unpack(given, 10, (2, 2))):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            function(tf.constant(packed))
