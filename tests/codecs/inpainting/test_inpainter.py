"""Stacks of reflectance without clouds."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.inpainter import Inpainter
from neucobench.codecs.inpainting.options import FillOptions
from neucobench.errors import CodecError


def inpaint(network, stack, clouds, *, whole=False, **options):
    inpainter = Inpainter(network=network, options=FillOptions(**options))
    return inpainter.fill(stack[None], clouds[None], whole=whole)[0]


def test_seasons_without_clouds_are_as_they_were(network, stack, clouds):
    filled = inpaint(network, stack, clouds)
    np.testing.assert_array_equal(filled[[0, 3]], stack[[0, 3]])
    assert (filled[[1, 2]] != stack[[1, 2]]).any()


def test_whole_gives_the_networks_picture_of_every_season(network, stack, clouds):
    filled = inpaint(network, stack, clouds, whole=True)
    assert all((filled[t] != stack[t]).mean() > 0.99 for t in range(4))


def test_what_is_under_a_cloud_does_not_matter_where_it_is_not_shown(
    network, stack, clouds
):
    bright = np.where(clouds[:, None], np.float32(9000), stack)
    missing = np.where(clouds[:, None], np.float32(np.nan), stack)
    one, two = (inpaint(network, item, clouds) for item in (bright, missing))
    np.testing.assert_array_equal(one, two)


def test_a_cloud_that_is_shown_reaches_clear_latents_beside_it(network, stack, clouds):
    bright = np.where(clouds[:, None], np.float32(9000), stack)
    dark = np.where(clouds[:, None], np.float32(0), stack)
    one, two = (inpaint(network, x, clouds, prefill=False) for x in (bright, dark))
    assert (one != two).any()


def test_both_directions_leave_the_first_season_to_the_later_ones(network, stack):
    clouds = np.zeros((4, 80, 112), bool)
    clouds[0] = True
    both = inpaint(network, stack, clouds, direction="both")
    mirrored = inpaint(network, stack[::-1], clouds[::-1])[::-1]
    np.testing.assert_allclose(both[0], mirrored[0], rtol=1e-5)
    assert (both[0] != inpaint(network, stack, clouds)[0]).any()


def test_both_directions_count_alike_in_the_middle(network, stack):
    clouds = np.zeros((3, 80, 112), bool)
    clouds[1] = True
    alone = {"estimate": "network"}
    both = inpaint(network, stack[:3], clouds, direction="both", **alone)
    past = inpaint(network, stack[:3], clouds, **alone)
    future = inpaint(network, stack[2::-1], clouds, **alone)
    np.testing.assert_allclose(both[1], (past[1] + future[1]) / 2, rtol=1e-4)


@pytest.mark.parametrize("size", [(16, 16), (33, 70), (80, 100)])
def test_any_size_is_filled(network, size):
    rng = np.random.default_rng(0)
    stack = rng.uniform(100, 3000, (3, 12, *size)).astype(np.float32)
    clouds = np.zeros((3, *size), bool)
    clouds[1, 3:9, 4:8] = True
    assert np.isfinite(inpaint(network, stack, clouds)).all()


def test_l1c_has_13_bands(make_network, stack):
    network = make_network(bands=13)
    wide = np.concatenate([stack, stack[:, :1]], axis=1)
    clouds = np.zeros((4, 80, 112), bool)
    clouds[2, :40] = True
    assert inpaint(network, wide, clouds).shape == (4, 13, 80, 112)


def test_all_cloudy_everywhere_gives_numbers(network, stack):
    clouds = np.ones((4, 80, 112), bool)
    assert np.isfinite(inpaint(network, stack, clouds, direction="both")).all()


def test_other_bands_are_refused(network, stack, clouds):
    with pytest.raises(CodecError, match="11 bands"):
        inpaint(network, stack[:, :11], clouds)


def test_a_mask_of_another_shape_is_refused(network, stack, clouds):
    with pytest.raises(CodecError, match="Give one mask for each season"):
        inpaint(network, stack, clouds[:2])


def test_a_flexible_network_is_refused(make_network):
    with pytest.raises(CodecError, match="FlexTEC"):
        Inpainter(network=make_network(channels=(4, 4, 8, 64), flexible=True))


def test_without_clear_latents_a_blend_is_the_anchor(network, stack):
    clouds = np.zeros((4, 80, 112), bool)
    clouds[2] = True
    copied = stack.copy()
    copied[2] = stack[1]
    blended = inpaint(network, stack, clouds)[2]
    # The anchor is not rounded, the picture of a clear season is.
    plain = inpaint(network, copied, np.zeros_like(clouds), whole=True)[2]
    assert np.abs(blended - plain).mean() < 0.5 * np.abs(plain - stack[2]).mean()


def test_a_blend_learns_from_the_clear_part_of_the_season(network, stack):
    clouds = np.zeros((4, 80, 112), bool)
    clouds[2, :, 64:] = True
    brighter = stack.copy()
    brighter[2] += 800
    blended = inpaint(network, brighter, clouds)[2, :, :, 80:]
    same = inpaint(network, stack, clouds)[2, :, :, 80:]
    assert (blended != same).any()


def test_the_published_way_does_not_blend():
    assert FillOptions().blends
    assert not FillOptions(compat=True).blends
    assert not FillOptions(estimate="network").blends
