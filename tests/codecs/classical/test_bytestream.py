"""Numbers, parts and the checksum of a stream."""

import pytest

from neucobench.codecs.classical.bytestream import (
    ByteReader,
    pack_number,
    pack_parts,
    with_checksum,
    without_checksum,
)
from neucobench.errors import CodecError


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_383, 16_384, 2**40])
def test_numbers_come_back(number):
    reader = ByteReader(pack_number(number) + b"rest")
    assert reader.number() == number
    assert reader.rest() == b"rest"


def test_parts_come_back_and_the_last_needs_no_length():
    parts = [b"one", b"", b"a" * 300]
    packed = pack_parts(parts)
    assert len(packed) == 303 + 2
    assert ByteReader(packed).parts(3) == parts


def test_a_stream_that_is_too_short_is_named():
    with pytest.raises(CodecError, match="2 bytes and 9 are needed"):
        ByteReader(b"\x08a").parts(2)


def test_a_number_without_end_is_named():
    with pytest.raises(CodecError, match="more than 9 bytes"):
        ByteReader(b"\xff" * 20).number()


def test_any_flipped_bit_is_found():
    stream = with_checksum(b"some bytes", b"seed")
    assert without_checksum(stream, b"seed") == b"some bytes"
    for place in range(8 * len(stream)):
        flipped = bytearray(stream)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(CodecError, match="checksum"):
            without_checksum(bytes(flipped), b"seed")


@pytest.mark.parametrize("length", range(14))
def test_any_cut_is_found(length):
    with pytest.raises(CodecError, match="checksum"):
        without_checksum(with_checksum(b"some bytes", b"seed")[:length], b"seed")


def test_another_seed_is_found():
    with pytest.raises(CodecError, match="checksum"):
        without_checksum(with_checksum(b"some bytes", b"seed"), b"other seed")
