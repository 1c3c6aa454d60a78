"""Cubes as standardized images: what a window holds, and what is refused."""

import numpy as np
import pytest

from neucobench.data.bands import DOWNSTREAM_2025, MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.mosaiks.cube_images import cube_images
from neucobench.errors import CubeError


def view(batch, *, row=0, modalities=tuple(MODALITIES), shift=0):
    return cube_images(
        batch, row, modalities=modalities, statistics=DOWNSTREAM_2025, shift=shift
    )


def changed(batch, **arrays):
    return CubeBatch(
        ids=batch.ids, arrays=dict(batch.arrays) | arrays, offsets=batch.offsets
    )


def test_a_window_is_a_part_of_the_standardized_image(batch):
    window = view(batch, row=2).window(3, slice(4, 9), slice(1, 3)).numpy()
    assert window.shape == (27, 5, 2)
    assert window.dtype == np.float32
    stored = np.concatenate(
        [batch.arrays[name][2, 3, :, 4:9, 1:3] for name in MODALITIES]
    )
    mean, std = (
        np.concatenate([getattr(DOWNSTREAM_2025[name], part) for name in MODALITIES])
        for part in ("mean", "std")
    )
    expected = (stored - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_allclose(window, expected, rtol=1e-5, atol=1e-6)


def test_channels_are_in_the_order_of_the_modalities(batch):
    whole = view(batch).window(0)
    turned = view(batch, modalities=("s2l2a", "s1")).window(0)
    assert turned[:12].equal(whole[15:])
    assert turned[12:].equal(whole[:2])


def test_the_shift_is_added_to_sentinel_2_alone(batch):
    plain, shifted = view(batch).window(0), view(batch, shift=-1000).window(0)
    assert shifted[:2].equal(plain[:2])
    assert (shifted[2:] < plain[2:]).all()


def test_pixels_that_can_only_be_read_are_taken(batch):
    radar = batch.arrays["s1"].copy()
    radar.flags.writeable = False
    assert view(changed(batch, s1=radar)).window(0).equal(view(batch).window(0))


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("s2l1c", np.s_[:, :, :12], "12 bands; it should have 13"),
        ("s2l2a", np.s_[:, :3], "same seasons, rows and columns"),
        ("s1", np.s_[..., :15], "same seasons, rows and columns"),
    ],
)
def test_a_cube_of_another_shape_is_refused(batch, name, cut, message):
    with pytest.raises(CubeError, match=message):
        view(changed(batch, **{name: batch.arrays[name][cut]}))


def test_a_cube_with_pixels_that_are_no_numbers_is_refused(batch):
    radar = batch.arrays["s1"].copy()
    radar[0, 1, 0, 3, 3:5] = np.nan, np.inf
    with pytest.raises(CubeError, match="s1 has 2 pixels that are NaN or infinite"):
        view(changed(batch, s1=radar))
