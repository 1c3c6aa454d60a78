"""Masks come back exactly, in few bytes, and nothing is inflated past its size."""

import zlib

import numpy as np
import pytest

from neucobench.codecs.pixels.masks import ALL, BITS, decode_mask, encode_mask
from neucobench.errors import ContainerError

SHAPE = (2, 12, 33, 41)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_mask_comes_back(share):
    mask = np.random.default_rng(1).random(SHAPE) < share
    np.testing.assert_array_equal(decode_mask(encode_mask(mask), SHAPE), mask)


def test_nothing_missing_takes_no_byte_and_everything_one():
    assert encode_mask(np.zeros(SHAPE, bool)) == b""
    assert encode_mask(np.ones(SHAPE, bool)) == ALL


def test_bands_that_lack_the_same_pixels_cost_hardly_more_than_one():
    plane = np.random.default_rng(2).random((1, 1, 256, 256)) < 0.1
    one = len(encode_mask(plane))
    assert len(encode_mask(np.repeat(plane, 12, axis=1))) < 1.05 * one


@pytest.mark.parametrize(
    "coded",
    [
        b"\x03abc",
        BITS + b"no zlib",
        BITS + zlib.compress(bytes(2**20)),
        BITS + zlib.compress(b"short"),
        BITS + zlib.compress(bytes(2 * 12 * 33 * 41 // 8)) + b"more",
    ],
)
def test_bytes_that_are_no_mask_of_the_shape_are_refused(coded):
    with pytest.raises(ContainerError, match="is none of"):
        decode_mask(coded, SHAPE)
