"""Counts out of 2^16 are CompressAI's, or the nearest ones; bits are the coder's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.codecs.entropy.coder import Tables, encode_symbols
from neucobench.codecs.temporal.counts import (
    TOTAL,
    portable_counts,
    published_counts,
    spent_bits,
)


def lengths_of(*lengths: int) -> np.ndarray:
    return np.array(lengths, np.int32)


def test_published_counts_are_compressais(coder_numbers):
    found = published_counts(coder_numbers["pmf_flat"], coder_numbers["pmf_lengths"])
    assert found.tolist() == coder_numbers["pmf_cdf_flat"].tolist()


def test_rows_do_not_touch_each_other(coder_numbers):
    pmf, lengths = coder_numbers["pmf_flat"], coder_numbers["pmf_lengths"]
    alone = published_counts(pmf[: lengths[0]], lengths[:1])
    together = published_counts(pmf, lengths)
    assert together[: alone.size].tolist() == alone.tolist()


def test_portable_counts_are_the_nearest():
    p = np.array([0.5, 0.25, 0.125, 0.125])
    assert portable_counts(p, lengths_of(4)).tolist() == [0, 32768, 49152, 57344, 65536]


def test_what_is_given_to_rare_symbols_is_taken_from_frequent_ones():
    p = np.array([1e-9, 0.5, 0.4, 0.1 - 1e-9, 0.0])
    counts = np.diff(portable_counts(p, lengths_of(5)))
    nearest = np.maximum(np.rint(p * TOTAL), 1).astype(int)
    assert counts[[0, 3, 4]].tolist() == nearest[[0, 3, 4]].tolist()
    assert (nearest - counts)[[1, 2]].sum() == nearest.sum() - TOTAL
    assert nearest.sum() > TOTAL


@given(
    rows=st.lists(
        st.lists(st.floats(0, 1), min_size=2, max_size=40).filter(lambda p: sum(p) > 0),
        min_size=1,
        max_size=5,
    )
)
@settings(deadline=None, max_examples=60)
@pytest.mark.parametrize("make", [portable_counts, published_counts])
def test_all_rows_spend_all_counts_and_leave_none_empty(make, rows):
    dtype = np.float64 if make is portable_counts else np.float32
    p = np.concatenate([np.array(row) / sum(row) for row in rows]).astype(dtype)
    lengths = np.array([len(row) for row in rows], np.int32)
    entries = make(p, lengths)
    for row in np.split(entries, np.cumsum(lengths + 1)[:-1]):
        assert row[0] == 0
        assert row[-1] == TOTAL
        assert (np.diff(row) > 0).all()


def test_spent_bits_are_those_of_the_stream():
    generator = np.random.default_rng(0)
    entries = np.array([0, 9000, 60000, 65500, 65536, 0, 100, 65535, 65536], np.int32)
    tables = Tables.from_rows(entries, lengths_of(5, 4), np.array([-1, 3], np.int32))
    rows = generator.integers(0, 2, 20_000).astype(np.int32)
    symbols = generator.integers(-300, 300, rows.size).astype(np.int32)
    bits = spent_bits(
        symbols, rows, entries, tables.starts, tables.lengths, tables.offsets
    )
    coded = 8 * len(encode_symbols(symbols, rows, tables))
    assert abs(bits.sum() - coded) < 64


def test_an_escape_costs_its_interval_and_its_nibbles():
    row = np.array([0, 32768, 65535, 65536], np.int32)
    symbols = np.array([0, 1, 2, -1, 10, 2**31 - 1], np.int32)
    zeros = np.zeros(symbols.size, np.int32)
    bits = spent_bits(
        symbols, zeros, row, np.zeros(1, np.int64), lengths_of(4), zeros[:1]
    )
    assert bits[0] == 1
    assert bits[1] == pytest.approx(1, abs=1e-4)
    # Just above the row nothing follows but how many nibbles: none.
    assert bits[2:].tolist() == [20, 24, 28, 52]
