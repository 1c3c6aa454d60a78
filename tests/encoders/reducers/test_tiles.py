"""Rows go through in tiles of one size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from neucobench.encoders.reducers.base import Block, row_chunks
from neucobench.encoders.reducers.random_projection import RandomProjection
from neucobench.encoders.reducers.tiles import TILE, by_tiles


@settings(deadline=None, max_examples=30)
@given(
    rows=st.integers(1, 3 * TILE),
    dims_in=st.integers(1, 700),
    dims=st.integers(1, 130),
    start=st.integers(0, 400),
)
def test_a_products_rows_are_the_same_wherever_they_stand(rows, dims_in, dims, start):
    draws = np.random.default_rng(dims_in)
    matrix = draws.normal(size=(dims_in, dims))
    features = draws.normal(size=(rows + start, dims_in)).astype(np.float32)
    sizes = {"dims_in": dims_in, "dims": dims}
    whole = by_tiles(features, lambda tile: tile @ matrix, **sizes)
    part = by_tiles(features[start:], lambda tile: tile @ matrix, **sizes)
    np.testing.assert_array_equal(part, whole[start:])
    exact = features.astype(np.float64) @ matrix
    np.testing.assert_allclose(whole, exact, rtol=1e-6, atol=1e-5)


def test_every_tile_is_full_and_filled_up_with_zeros():
    seen = []
    features = np.ones((TILE + 3, 2), np.float32)

    def note(tile):
        seen.append((tile.shape, tile.dtype, int(tile.sum())))
        return tile

    by_tiles(features, note, dims_in=2, dims=2)
    full = ((TILE, 2), np.dtype(np.float64))
    assert seen == [(*full, 2 * TILE), (*full, 6)]


def test_no_rows_give_no_vectors():
    empty = np.zeros((0, 4), np.float32)
    assert by_tiles(empty, lambda tile: tile[:, :3], dims_in=4, dims=3).shape == (0, 3)


@pytest.mark.parametrize("threads", [2, 4])
def test_the_number_of_threads_does_not_change_the_vectors(make, threads):
    features = make(300, 512)
    blocks = [Block(name="all", start=0, stop=512)]
    fitted = RandomProjection(dims=64).fit(features, blocks)
    vectors = []
    for limit in (1, threads):
        with threadpool_limits(limit):
            vectors.append(fitted.transform(features))
    np.testing.assert_array_equal(*vectors)


def test_chunks_hold_all_rows_in_order_and_no_more_than_asked(make):
    features = make(100, 24)
    chunks = list(row_chunks(features, values=24 * 9))
    np.testing.assert_array_equal(np.concatenate(chunks), features)
    assert {len(chunk) for chunk in chunks} == {9, 1}
    assert [len(chunk) for chunk in row_chunks(features, values=3)] == [1] * 100
