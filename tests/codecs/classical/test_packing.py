"""Which planes go together."""

import numpy as np
import pytest

from neucobench.codecs.classical.packing import (
    ALL_PLANES,
    BANDS_OF_A_SEASON,
    EACH_PLANE,
    SEASONS_OF_A_BAND,
    TRIPLETS,
)

ALL = (ALL_PLANES, BANDS_OF_A_SEASON, EACH_PLANE, SEASONS_OF_A_BAND, TRIPLETS)


def planes(time: int, bands: int) -> np.ndarray:
    """Return planes of 2 x 3 pixels, each filled with 100 x season + band."""
    numbers = 100 * np.arange(time)[:, None] + np.arange(bands)
    return np.broadcast_to(numbers[..., None, None], (time, bands, 2, 3)).copy()


def names(packing, time: int, bands: int) -> list[list[int]]:
    return [group[:, 0, 0].tolist() for group in packing.split(planes(time, bands))]


def test_seasons_are_outside_and_bands_inside():
    assert names(ALL_PLANES, 2, 3) == [[0, 1, 2, 100, 101, 102]]
    assert names(BANDS_OF_A_SEASON, 2, 3) == [[0, 1, 2], [100, 101, 102]]
    assert names(EACH_PLANE, 2, 2) == [[0], [1], [100], [101]]


def test_the_seasons_of_a_band_follow_each_other():
    assert names(SEASONS_OF_A_BAND, 3, 2) == [[0, 100, 200], [1, 101, 201]]


def test_triplets_do_not_cross_seasons():
    assert names(TRIPLETS, 2, 4) == [[0, 1, 2], [3], [100, 101, 102], [103]]


@pytest.mark.parametrize("packing", ALL)
@pytest.mark.parametrize(("time", "bands"), [(1, 1), (1, 12), (4, 12), (2, 13)])
def test_groups_are_joined_as_they_were_split(packing, time, bands):
    stack = planes(time, bands)
    groups = packing.split(stack)
    assert packing.sizes(stack.shape) == [len(group) for group in groups]
    np.testing.assert_array_equal(packing.join(groups, stack.shape), stack)
