"""Tables are CompressAI's to the last count, and in float64 the same everywhere."""

import numpy as np
import pytest
import torch

from neucobench.codecs.compressai_parts import EntropyBottleneck, GaussianConditional
from neucobench.codecs.entropy.tables import (
    bottleneck_tables,
    gaussian_tables,
    scale_rows,
    scale_table,
)


@pytest.fixture
def bottleneck():
    """Return a bottleneck with rows of different lengths around odd medians."""
    generator = torch.Generator().manual_seed(0)
    made = EntropyBottleneck(6)
    with torch.no_grad():
        for weights in [*made.matrices, *made.biases, *made.factors]:
            weights.add_(torch.randn(weights.shape, generator=generator), alpha=0.3)
        made.quantiles.copy_(torch.randn(made.quantiles.shape, generator=generator))
        made.quantiles.mul_(20)
        made.quantiles.copy_(made.quantiles.sort(dim=2).values)
    return made


def test_gaussian_rows_are_the_published_ones(coder_numbers):
    tables = gaussian_tables()
    assert tables.entries.tolist() == coder_numbers["gauss64_rows_flat"].tolist()
    assert tables.lengths.tolist() == coder_numbers["gauss64_lengths"].tolist()
    assert tables.offsets.tolist() == coder_numbers["gauss64_offsets"].tolist()
    assert scale_table().tolist() == coder_numbers["gauss64_scale_table"].tolist()


def test_gaussian_rows_are_those_of_compressai():
    theirs = GaussianConditional(scale_table().tolist())
    theirs.update()
    tables = gaussian_tables()
    used = torch.arange(theirs.quantized_cdf.shape[1]) < theirs.cdf_length[:, None]
    assert tables.entries.tolist() == theirs.quantized_cdf[used].tolist()


def test_scales_find_the_published_rows(coder_numbers):
    scales = torch.from_numpy(coder_numbers["gauss64_query_scales"])
    rows = scale_rows(scales)
    assert rows.dtype == torch.int32
    assert rows.tolist() == coder_numbers["gauss64_query_indices"].tolist()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_scale_of_the_table_finds_its_own_row(dtype):
    table = scale_table(dtype)
    assert scale_rows(table).tolist() == list(range(64))
    assert scale_rows(table[:-1] * 1.0001).tolist() == list(range(1, 64))
    assert scale_rows(torch.tensor([-3, 0, 1e9], dtype=dtype)).tolist() == [0, 0, 63]


def test_bottleneck_rows_are_those_of_compressai(bottleneck):
    tables = bottleneck_tables(bottleneck)
    bottleneck.update(force=True)
    for row in range(len(tables)):
        start, length = tables.starts[row], tables.lengths[row]
        theirs = bottleneck.quantized_cdf[row, :length].tolist()
        assert tables.entries[start : start + length].tolist() == theirs
    assert tables.lengths.tolist() == bottleneck.cdf_length.tolist()
    assert tables.offsets.tolist() == bottleneck.offset.tolist()
    assert len(set(tables.lengths.tolist())) > 1


def test_making_tables_leaves_the_bottleneck_alone(bottleneck):
    before = {key: value.clone() for key, value in bottleneck.state_dict().items()}
    bottleneck_tables(bottleneck, torch.float64)
    after = bottleneck.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rows_go_up_to_all_probability(bottleneck, dtype):
    for tables in (gaussian_tables(dtype), bottleneck_tables(bottleneck, dtype)):
        rows = np.split(tables.entries, tables.starts[1:])
        assert all(row[0] == 0 and row[-1] == 65536 for row in rows)
        assert all((np.diff(row) > 0).all() for row in rows)


def test_float64_differs_by_a_few_counts_at_most():
    single, double = gaussian_tables(), gaussian_tables(torch.float64)
    assert single.lengths.tolist() == double.lengths.tolist()
    assert np.abs(single.entries - double.entries).max() < 40
