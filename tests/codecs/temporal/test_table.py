"""The published table is upstream's; the portable one is safe from rounding."""

import zlib

import numpy as np
import pytest
import torch

from neucobench.codecs.temporal.counts import TOTAL
from neucobench.codecs.temporal.table import (
    MEANS,
    SCALES,
    build_portable,
    build_published,
    portable_probabilities,
    portable_reach,
    portable_table,
    published_table,
    scale_grid,
)


@pytest.fixture(scope="module")
def published():
    return build_published()


@pytest.fixture(scope="module")
def portable():
    return build_portable()


def row(tables, index):
    start = tables.starts[index]
    return tables.entries[start : start + tables.lengths[index]]


def test_published_rows_begin_and_end_where_upstreams_do(published, coder_numbers):
    assert published.lengths.tolist() == coder_numbers["tt_lengths"].tolist()
    assert published.offsets.tolist() == coder_numbers["tt_offsets"].tolist()


def test_all_published_rows_are_upstreams(published, coder_numbers):
    found = [
        zlib.crc32(row(published, i).astype("<i4").tobytes())
        for i in range(len(published))
    ]
    assert found == coder_numbers["tt_row_crc32_int32_little_endian"].tolist()


def test_fifty_published_rows_are_upstreams_count_by_count(published, coder_numbers):
    rows = [row(published, index) for index in coder_numbers["tt_rows_index"]]
    assert [len(found) for found in rows] == coder_numbers["tt_rows_lengths"].tolist()
    assert np.concatenate(rows).tolist() == coder_numbers["tt_rows_flat"].tolist()


def test_scales_are_upstreams(coder_numbers):
    index = coder_numbers["tt_rows_mean_index_scale_index"]
    scales = coder_numbers["tt_rows_mean_scale"][:, 1]
    assert scale_grid(torch.float32)[index[:, 1]].tolist() == scales.tolist()


@pytest.mark.parametrize("which", ["published", "portable"])
def test_every_row_goes_up_to_all_probability(which, request):
    tables = request.getfixturevalue(which)
    assert len(tables) == MEANS * SCALES
    steps = np.diff(tables.entries)
    ends = tables.starts[1:] - 1
    assert (tables.entries[tables.starts] == 0).all()
    assert (tables.entries[ends] == TOTAL).all()
    assert tables.entries[-1] == TOTAL
    assert (np.delete(steps, ends) > 0).all()


def test_the_portable_table_is_small(portable):
    assert portable.entries.nbytes < 21e6


def test_portable_counts_are_far_from_any_tie():
    # Other libraries differ by far less than this: see the next test.
    scales = scale_grid(torch.float64).numpy()
    nearest = []
    for i in range(MEANS):
        _, p = portable_probabilities(i / MEANS - 0.5, scales)
        counts = p * TOTAL
        nearest.append(np.abs(counts - np.floor(counts) - 0.5).min())
    assert min(nearest) > 5e-7


def test_torch_and_scipy_differ_by_a_ten_thousandth_of_that():
    scales = scale_grid(torch.float64).numpy()
    for i in range(0, MEANS, 7):
        mean = i / MEANS - 0.5
        reach, p = portable_probabilities(mean, scales)
        place = np.concatenate([np.arange(-r, r + 2) for r in reach])
        lengths = 2 * reach + 2
        distance = torch.from_numpy(np.abs(place - mean))
        spread = torch.from_numpy(np.repeat(scales, lengths)) * 2**0.5
        upper = torch.erfc((distance - 0.5) / spread)
        theirs = 0.5 * (upper - torch.erfc((distance + 0.5) / spread)).numpy()
        inside = np.delete(np.abs(theirs - p), np.cumsum(lengths) - 1)
        assert inside.max() * TOTAL < 5e-11


def test_no_portable_row_could_be_one_symbol_longer_elsewhere():
    reach = portable_reach(scale_grid(torch.float64).numpy())
    assert np.abs(reach - np.rint(reach)).min() > 0.01


def test_escapes_of_the_portable_table_are_rare():
    scales = scale_grid(torch.float64).numpy()
    reach, p = portable_probabilities(-0.5, scales)
    escapes = p[np.cumsum(2 * reach + 2) - 1]
    assert escapes.max() < 2**-10
    assert escapes[scales < 4].max() < 2**-20


def test_portable_counts_follow_the_probabilities(portable):
    reach, p = portable_probabilities(0.0, scale_grid(torch.float64).numpy())
    ends = np.cumsum(2 * reach + 2)
    for scale in (0, 90, 170, 255):
        counts = np.diff(row(portable, 50 * SCALES + scale))
        wanted = p[ends[scale] - counts.size : ends[scale]] * TOTAL
        assert np.abs(counts - wanted).max() < counts.size + 1
        large = wanted > 100
        np.testing.assert_allclose(counts[large], wanted[large], rtol=0.02)


def test_tables_are_built_once():
    assert published_table() is published_table()
    assert portable_table() is portable_table()
    assert published_table() is not portable_table()
