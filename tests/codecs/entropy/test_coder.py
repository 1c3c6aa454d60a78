"""The coder writes CompressAI's bytes, takes any symbols, and notices damage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neucobench.codecs.entropy.coder import (
    Decoder,
    Tables,
    decode_symbols,
    encode_symbols,
)
from neucobench.errors import CodecError
from neucobench.torchvision_shim import import_with_torchvision

FAR = (1 << 26) - 1
STREAMS = range(7)


def random_tables(seed: int, rows: int = 5) -> Tables:
    """Return rows of different lengths, each going up from 0 to 65536."""
    random = np.random.default_rng(seed)
    made = []
    for length in random.integers(3, 200, rows):
        inside = random.choice(np.arange(1, 65536), length - 2, replace=False)
        made.append(np.array([0, *np.sort(inside), 65536], dtype=np.int32))
    offsets = random.integers(-100, 100, rows).astype(np.int32)
    lengths = np.array([len(row) for row in made], dtype=np.int32)
    return Tables.from_rows(np.concatenate(made), lengths, offsets)


def reference(symbols, rows, tables: Tables) -> bytes:
    """Return CompressAI's stream, which its encoder writes from four symbols on."""
    ans = import_with_torchvision("compressai.ans", extra="codecs")
    padded = [
        tables.entries[start : start + length].tolist()
        for start, length in zip(tables.starts, tables.lengths, strict=True)
    ]
    return ans.RansEncoder().encode_with_indexes(
        symbols.tolist(),
        rows.tolist(),
        padded,
        tables.lengths.tolist(),
        tables.offsets.tolist(),
    )


def drawn(seed: int, count: int, far: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    spread = random.choice([1, 100, far], count)
    symbols = random.integers(-spread, spread + 1).astype(np.int32)
    return symbols, random.integers(0, 5, count).astype(np.int32)


@pytest.fixture
def published_tables(coder_numbers):
    numbers = coder_numbers
    return Tables.from_rows(
        numbers["coder_rows_flat"],
        numbers["coder_row_lengths"],
        numbers["coder_offsets"],
    )


@pytest.mark.parametrize("i", STREAMS)
def test_published_streams_come_out_byte_for_byte(coder_numbers, published_tables, i):
    symbols, rows = (coder_numbers[f"stream{i}_{key}"] for key in ("symbols", "rows"))
    stream = coder_numbers[f"stream{i}_bytes"].tobytes()
    assert encode_symbols(symbols, rows, published_tables) == stream
    assert decode_symbols(stream, rows, published_tables).tolist() == symbols.tolist()


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(4, 300))
def test_random_symbols_give_the_bytes_of_compressai(seed, count):
    tables = random_tables(seed)
    symbols, rows = drawn(seed, count, FAR)
    assert encode_symbols(symbols, rows, tables) == reference(symbols, rows, tables)


@settings(max_examples=100, deadline=None)
@given(
    symbols=arrays.arrays(np.int32, st.integers(0, 40)), seed=st.integers(0, 2**32 - 1)
)
def test_any_symbols_of_32_bits_come_back(symbols, seed):
    tables = random_tables(seed)
    rows = np.random.default_rng(seed).integers(0, 5, symbols.size).astype(np.int32)
    stream = encode_symbols(symbols, rows, tables)
    assert decode_symbols(stream, rows, tables).tolist() == symbols.tolist()


def test_no_symbol_is_eight_bytes():
    nothing = np.empty(0, dtype=np.int32)
    stream = encode_symbols(nothing, nothing, random_tables(0))
    assert stream == bytes.fromhex("0000008000000000")


def test_the_shape_of_the_rows_is_that_of_the_symbols():
    tables = random_tables(1)
    rows = np.zeros((2, 3, 4), dtype=np.int32)
    symbols = np.arange(24, dtype=np.int32).reshape(rows.shape)
    found = decode_symbols(encode_symbols(symbols, rows, tables), rows, tables)
    assert found.shape == rows.shape
    assert found.tolist() == symbols.tolist()


def test_a_stream_can_be_read_in_parts():
    tables = random_tables(2)
    symbols, rows = drawn(2, 50, FAR)
    decoder = Decoder(encode_symbols(symbols, rows, tables))
    found = [decoder.read(part, tables) for part in np.split(rows, [7, 30])]
    decoder.finish()
    assert np.concatenate(found).tolist() == symbols.tolist()


def test_rows_of_two_tables_follow_each_other():
    first, second = random_tables(3), random_tables(4)
    symbols, rows = drawn(5, 60, FAR)
    both = first.followed_by(second)
    stream = encode_symbols(symbols, rows + len(first), both)
    assert stream == encode_symbols(symbols, rows, second)


@pytest.mark.parametrize("length", [0, 4, 7, 9, 11])
def test_a_length_that_no_stream_has_is_said(length):
    with pytest.raises(CodecError, match=f"stream of {length} bytes .* multiple of 4"):
        Decoder(bytes(length))


def test_a_stream_that_ends_too_early_is_noticed():
    tables = random_tables(6)
    symbols, rows = drawn(6, 200, FAR)
    stream = encode_symbols(symbols, rows, tables)
    for keep in range(8, len(stream), 4):
        with pytest.raises(CodecError, match="damaged, or it was made with other"):
            decode_symbols(stream[:keep], rows, tables)


def test_a_stream_with_more_behind_it_is_noticed():
    tables = random_tables(6)
    symbols, rows = drawn(6, 200, FAR)
    stream = encode_symbols(symbols, rows, tables) + bytes(4)
    with pytest.raises(CodecError, match="cannot be decoded"):
        decode_symbols(stream, rows, tables)


@settings(max_examples=200, deadline=None)
@given(words=st.binary(min_size=8, max_size=400), seed=st.integers(0, 2**32 - 1))
def test_garbage_is_an_error_and_reads_nothing_else(words, seed):
    rows = np.random.default_rng(seed).integers(0, 5, 500).astype(np.int32)
    with pytest.raises(CodecError):
        decode_symbols(words[: len(words) // 4 * 4], rows, random_tables(seed))


def test_other_tables_are_noticed():
    symbols, rows = drawn(8, 100, 100)
    stream = encode_symbols(symbols, rows, random_tables(8))
    with pytest.raises(CodecError, match="made with other weights"):
        decode_symbols(stream, rows, random_tables(9))


def test_a_count_that_differs_by_one_is_noticed():
    tables = random_tables(10)
    rows = np.zeros(100, dtype=np.int32)
    symbols = np.full(100, tables.offsets[0] + 1, dtype=np.int32)
    stream = encode_symbols(symbols, rows, tables)
    entries = tables.entries.copy()
    entries[1] -= 1  # where the interval of that symbol begins
    other = Tables.from_rows(entries, tables.lengths, tables.offsets)
    with pytest.raises(CodecError, match="cannot be decoded"):
        decode_symbols(stream, rows, other)
