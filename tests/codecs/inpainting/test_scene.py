"""Whole scenes: tiles with clouds only, cloudy pixels only."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.inpainter import Inpainter
from neucobench.codecs.inpainting.scene import SceneOptions, fill_scene, replaced_share


class Constant:
    """Fill everything with one number, and take note of what it was given."""

    smallest = 16

    def __init__(self):
        self.shapes, self.clouds, self.whole = [], [], []

    def fill(self, stacks, clouds, *, whole):
        self.shapes.append(stacks.shape)
        self.clouds.append(clouds)
        self.whole.append(whole)
        return np.full_like(stacks, 77)


def test_only_cloudy_pixels_are_replaced(stack, clouds):
    filled = fill_scene(Constant(), stack, clouds)
    cloudy = np.broadcast_to(clouds[:, None], stack.shape)
    np.testing.assert_allclose(filled[cloudy], 77, rtol=1e-6)
    np.testing.assert_array_equal(filled[~cloudy], stack[~cloudy])


@pytest.mark.parametrize("tile", [64, 80, 1024])
def test_tiles_add_up(tile, stack, clouds):
    options = SceneOptions(tile=tile, overlap=16)
    filled = fill_scene(Constant(), stack, clouds, options)
    cloudy = np.broadcast_to(clouds[:, None], stack.shape)
    np.testing.assert_allclose(filled[cloudy], 77, rtol=1e-6)


def test_tiles_without_clouds_are_skipped(stack):
    clouds = np.zeros((4, 80, 112), bool)
    clouds[1, :8, :8] = True
    filler = Constant()
    fill_scene(filler, stack, clouds, SceneOptions(tile=64, overlap=16))
    assert sum(shape[0] for shape in filler.shapes) == 1


def test_a_scene_without_clouds_is_left_alone(stack):
    filler = Constant()
    filled = fill_scene(filler, stack, np.zeros((4, 80, 112), bool))
    np.testing.assert_array_equal(filled, stack)
    assert not filler.shapes


def test_tiles_are_multiples_of_16(stack, clouds):
    filler = Constant()
    fill_scene(filler, stack[..., :75, :101], clouds[..., :75, :101])
    assert filler.shapes == [(1, 4, 12, 80, 112)]


def test_all_pixels_are_replaced_where_that_is_wanted(stack, clouds):
    filler = Constant()
    filled = fill_scene(filler, stack, clouds, SceneOptions(keep_clear=False))
    np.testing.assert_allclose(filled, 77, rtol=1e-6)
    assert filler.whole == [True]


def test_missing_pixels_stay_missing_and_are_not_shown(stack, clouds):
    stack[0, 3, 5, 6] = np.nan
    stack[1, :, 20, 30] = np.nan
    filler = Constant()
    filled = fill_scene(filler, stack, clouds)
    assert np.isnan(filled[0, 3, 5, 6])
    assert filled[0, 2, 5, 6] == stack[0, 2, 5, 6]
    np.testing.assert_allclose(filled[1, :, 20, 30], 77, rtol=1e-6)
    assert filler.clouds[0][0, 0, 5, 6]


def test_feathering_fades_out_beside_a_cloud():
    clouds = np.zeros((1, 20, 20), bool)
    clouds[0, :, :10] = True
    share = replaced_share(clouds, SceneOptions(feather=3))
    assert share[0, 0, 9:14].tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_feathering_reaches_over_the_edge_of_a_tile(stack):
    clouds = np.zeros((4, 80, 112), bool)
    clouds[1, :, 44:63] = True
    options = SceneOptions(tile=64, overlap=16, feather=6)
    filled = fill_scene(Constant(), stack, clouds, options)
    share = replaced_share(clouds, options)[1, 0, 66]
    expected = share * 77 + (1 - share) * stack[1, :, 0, 66]
    np.testing.assert_allclose(filled[1, :, 0, 66], expected, rtol=1e-4)


def test_progress_ends_at_the_number_of_tiles(stack, clouds):
    told = []
    fill_scene(
        Constant(),
        stack,
        clouds,
        SceneOptions(tile=64, overlap=16),
        lambda done, total: told.append((done, total)),
    )
    assert told[-1][0] == told[-1][1] > 1


def test_a_network_fills_a_scene_in_tiles(network, stack, clouds):
    inpainter = Inpainter(network=network)
    filled = fill_scene(inpainter, stack, clouds, SceneOptions(tile=64, overlap=16))
    cloudy = np.broadcast_to(clouds[:, None], stack.shape)
    np.testing.assert_array_equal(filled[~cloudy], stack[~cloudy])
    assert np.isfinite(filled).all()
    assert (filled[cloudy] != stack[cloudy]).mean() > 0.99
