"""The shares that blocks hold of what a probe sees."""

import numpy as np
import pytest

from neucobench.encoders.reducers.balance import block_balance
from neucobench.encoders.reducers.base import Block
from neucobench.errors import InputError


def test_the_shares_are_those_of_the_definition(features, blocks):
    values = features.astype(np.float64)
    around = np.square(values - values.mean())
    within = np.square(values - values.mean(axis=0))
    for share, block in zip(block_balance(features, blocks), blocks, strict=True):
        part = slice(block.start, block.stop)
        assert (share.name, share.dims) == (block.name, block.dims)
        expected = around[:, part].sum() / around.sum()
        assert share.share == pytest.approx(expected, rel=1e-9)
        expected = within[:, part].sum() / within.sum()
        assert share.column_share == pytest.approx(expected, rel=1e-9)


def test_a_constant_offset_counts_for_the_first_share_only(blocks):
    values = np.random.default_rng(0).normal(size=(500, 24)).astype(np.float32)
    before = block_balance(values, blocks)
    values[:, :8] += 100
    after = block_balance(values, blocks)
    assert after[0].share > before[0].share + 0.2
    assert after[0].column_share == pytest.approx(before[0].column_share, rel=1e-4)


def test_equal_blocks_hold_equal_shares():
    values = np.random.default_rng(0).normal(size=(20_000, 4)).astype(np.float32)
    halves = [Block(name="a", start=0, stop=2), Block(name="b", start=2, stop=4)]
    for share in block_balance(values, halves):
        assert share.share == pytest.approx(0.5, abs=0.01)
        assert share.column_share == pytest.approx(0.5, abs=0.01)


def test_values_that_are_all_the_same_have_no_shares(blocks):
    shares = block_balance(np.full((5, 24), 3, np.float32), blocks)
    assert {(share.share, share.column_share) for share in shares} == {(0.0, 0.0)}


def test_blocks_that_do_not_cover_the_columns_are_refused(features, blocks):
    with pytest.raises(InputError, match="do not fit 24 columns"):
        block_balance(features, blocks[:2])
