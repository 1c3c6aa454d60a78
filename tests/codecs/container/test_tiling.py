"""Tiles cover a picture, share what they must, and blend to one."""

import numpy as np
import pytest

from neucobench.codecs.container.tiling import Axis, cut_picture
from neucobench.errors import CodecError

CASES = [
    (1098, 1098, 256, 32),
    (1098, 300, 512, 32),
    (257, 256, 256, 16),
    (100, 4000, 64, 0),
    (97, 113, 32, 16),
    (41, 49, 40, 16),
]


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), CASES)
def test_tiles_cover_the_picture_and_overlap_by_at_least_what_is_asked(
    height, width, tile, overlap
):
    tiling = cut_picture(height, width, tile=tile, overlap=overlap)
    for axis in (tiling.y, tiling.x):
        assert axis.covers
        assert axis.tile <= tile
        for before, after in zip(axis.starts, axis.starts[1:], strict=False):
            assert before + axis.tile - after >= overlap
        if len(axis) > 1:
            assert {start % 16 for start in axis.starts} == {0}
            assert 0 <= axis.starts[-1] + axis.tile - axis.size < 16


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), CASES)
def test_weights_add_up_to_one_and_cores_to_the_picture(height, width, tile, overlap):
    axis = cut_picture(height, width, tile=tile, overlap=overlap).y
    total, owned = np.zeros(height), np.zeros(height, int)
    for index in range(len(axis)):
        total[axis.span(index)] += axis.weights(index)
        owned[axis.core(index)] += 1
    np.testing.assert_allclose(total, 1, atol=1e-6)
    np.testing.assert_array_equal(owned, 1)


def test_the_weight_falls_linearly_over_the_overlap():
    axis = Axis(size=28, tile=16, starts=(0, 12))
    np.testing.assert_allclose(
        axis.weights(0)[10:], [1, 1, 0.875, 0.625, 0.375, 0.125], atol=1e-6
    )


def test_a_picture_smaller_than_a_tile_is_one_tile():
    tiling = cut_picture(200, 100, tile=256, overlap=32)
    assert len(tiling) == 1
    assert (tiling.y.tile, tiling.x.tile) == (200, 100)
    assert (tiling.x.weights(0) == 1).all()


def test_a_picture_in_one_piece_reaches_to_a_full_step_on_demand():
    tiling = cut_picture(200, 96, tile=256, overlap=32, rounded=True)
    assert (tiling.y.tile, tiling.x.tile) == (208, 96)
    assert tiling.y.covers
    assert tiling.y.weights(0).tolist() == [1.0] * 200


def test_tiles_are_as_small_as_their_number_and_the_overlap_allow():
    tiling = cut_picture(1098, 1098, tile=256, overlap=16)
    assert (len(tiling.y), tiling.y.tile) == (5, 240)


def test_tiles_are_no_smaller_than_the_codec_takes():
    assert cut_picture(70, 70, tile=64, overlap=0, smallest=64).y.tile == 64


def test_an_overlap_of_more_than_half_a_tile_is_refused():
    with pytest.raises(CodecError, match="give --overlap 16 or less"):
        cut_picture(100, 100, tile=40, overlap=17)


def test_the_last_tile_may_reach_past_the_picture_and_its_weights_do_not():
    axis = Axis(size=28, tile=16, starts=(0, 16))
    assert axis.covers
    assert axis.span(1) == slice(16, 28)
    assert axis.weights(1).tolist() == [1.0] * 12


@pytest.mark.parametrize("starts", [(), (1,), (0, 5), (0, 20, 12), (0, 0, 12), (0, 17)])
def test_starts_that_leave_gaps_or_the_picture_do_not_cover_it(starts):
    assert not Axis(size=28, tile=16, starts=starts).covers
