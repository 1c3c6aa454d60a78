"""Blocks of an ensemble, each with its own reducer and weight."""

import numpy as np
import pytest

from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.encoders.reducers.truncate import Truncate
from neucobench.encoders.reducers.truncated_svd import TruncatedSvd
from neucobench.errors import InputError, UsageError

MIXED = PerBlock(
    steps={"b": Chain(steps=(L2(), TruncatedSvd(dims=4))), "a": Pca(dims=3), "c": None},
    weights={"c": 0.25, "a": 3},
)


def test_each_block_is_reduced_and_weighted_by_itself(features, blocks):
    vectors = MIXED.fit(features, blocks).transform(features)
    parts = [features[:, block.start : block.stop] for block in blocks]
    taken = [(Block(name=b.name, start=0, stop=b.dims),) for b in blocks]
    expected = [
        Pca(dims=3).fit(parts[0], taken[0]).transform(parts[0]) * np.float32(3),
        MIXED.steps["b"].fit(parts[1], taken[1]).transform(parts[1]),
        parts[2] * np.float32(0.25),
    ]
    np.testing.assert_array_equal(vectors, np.concatenate(expected, axis=1))


def test_order_and_names_of_the_blocks_stay(features, blocks):
    assert MIXED.fit(features, blocks).blocks == (
        Block(name="a", start=0, stop=3),
        Block(name="b", start=3, stop=7),
        Block(name="c", start=7, stop=11),
    )


def test_without_reducers_and_weights_nothing_changes(features, blocks):
    fitted = PerBlock().fit(features, blocks)
    np.testing.assert_array_equal(fitted.transform(features), features)
    assert fitted.blocks == blocks


def test_it_learns_when_one_of_its_reducers_does():
    assert MIXED.fits
    assert not PerBlock(steps={"a": L2(), "b": None, "c": Truncate()}).fits


@pytest.mark.parametrize("given", ["steps", "weights"])
def test_a_block_that_is_not_there_is_refused(features, blocks, given):
    reducer = PerBlock(**{given: {"clip": L2() if given == "steps" else 1.0}})
    with pytest.raises(
        InputError, match=r"block 'clip', and the features have .* a, b"
    ):
        reducer.fit(features, blocks)


@pytest.mark.parametrize("weight", [0, -1.0, float("nan"), float("inf")])
def test_weights_that_are_no_numbers_above_0_are_refused(weight):
    with pytest.raises(UsageError, match="the weight of a"):
        PerBlock(weights={"a": weight})


def test_weights_that_lead_beyond_float32_are_refused(features, blocks):
    fitted = PerBlock(weights={"a": 1e38}).fit(features * 100, blocks)
    with pytest.raises(InputError, match="NaN or infinite"):
        fitted.transform(features * 100)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weights": {"a": 1.0}, "reduced": ["a", "b"]},
        {"weights": {"a": 1.0, "b": 1.0, "c": 1.0}, "reduced": ["a"]},
        {"weights": {"a": 1.0, "b": 1.0, "c": "1"}, "reduced": ["a", "b"]},
        {"weights": {"a": 1.0, "b": 1.0, "c": 1.0}, "reduced": ["a", "x"]},
    ],
)
def test_a_saved_state_that_does_not_name_its_blocks_is_refused(
    features, blocks, options
):
    state = MIXED.fit(features, blocks).state()
    broken = type(state)(**vars(state) | {"options": options})
    with pytest.raises(InputError, match="the file is damaged"):
        PerBlock.restore(broken)


def test_a_saved_reducer_of_another_length_is_refused(features, blocks):
    state = MIXED.fit(features, blocks).state()
    broken = type(state)(**vars(state) | {"children": state.children[::-1]})
    with pytest.raises(InputError, match="the file is damaged"):
        PerBlock.restore(broken)
