"""Streams with a checksum: for nothing, and noticed when it is wrong."""

import numpy as np
import pytest

from neucobench.codecs.entropy.checked import CheckedDecoder, encode_checked
from neucobench.codecs.entropy.coder import Tables, encode_symbols
from neucobench.errors import CodecError

TABLES = Tables.from_rows(
    np.array([0, 9000, 40000, 60000, 65536, 0, 30000, 65000, 65536], dtype=np.int32),
    np.array([5, 4], dtype=np.int32),
    np.array([-1, 0], dtype=np.int32),
)


@pytest.fixture
def parts():
    random = np.random.default_rng(0)
    return [
        (
            random.integers(-1, 2, (3, size)).astype(np.int32),
            random.integers(0, 2, (3, size)).astype(np.int32),
        )
        for size in (5, 40)
    ]


def test_parts_come_back_in_their_order(parts):
    decoder = CheckedDecoder(encode_checked(parts, TABLES), TABLES)
    for symbols, rows in parts:
        assert decoder.read(rows).tolist() == symbols.tolist()
    decoder.finish()


def test_the_checksum_costs_nothing(parts):
    symbols, rows = (np.concatenate([p[i].ravel() for p in parts]) for i in (0, 1))
    plain = encode_symbols(symbols, rows, TABLES)
    assert len(encode_checked(parts, TABLES)) <= len(plain) + 4


def test_a_stream_without_its_checksum_is_noticed(parts):
    symbols, rows = parts[1]
    decoder = CheckedDecoder(encode_symbols(symbols, rows, TABLES), TABLES)
    decoder.read(rows)
    with pytest.raises(CodecError, match="cannot be decoded"):
        decoder.finish()


def test_every_flipped_bit_is_noticed(parts):
    far = np.array([70, -3000, 1 << 20, -1], dtype=np.int32)  # escapes: plain bits
    parts = [*parts, (far, np.zeros(4, dtype=np.int32))]
    stream = encode_checked(parts, TABLES)
    for bit in range(8 * len(stream)):
        damaged = bytearray(stream)
        damaged[bit // 8] ^= 1 << bit % 8
        decoder = CheckedDecoder(bytes(damaged), TABLES)
        with pytest.raises(CodecError, match="cannot be decoded"):
            _read_all(decoder, parts)


def test_a_part_that_was_not_read_is_noticed(parts):
    decoder = CheckedDecoder(encode_checked(parts, TABLES), TABLES)
    decoder.read(parts[0][1])
    with pytest.raises(CodecError, match="cannot be decoded"):
        decoder.finish()


def _read_all(decoder, parts):
    for _, rows in parts:
        decoder.read(rows)
    decoder.finish()
