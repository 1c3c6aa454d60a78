"""Other seasons as a filling."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.baselines import (
    BASELINES,
    last_clear,
    linear_in_time,
    mean_of_clear,
    nearest_clear,
    never_clear,
    share_of_after,
)


def series(*values):
    return np.array(values, np.float32).reshape(-1, 1, 1, 1)


def marks(*values):
    return np.array(values, bool).reshape(-1, 1, 1)


def filled(fill, values, cloudy):
    return fill(series(*values), marks(*cloudy)).ravel().tolist()


def test_the_last_clear_season_before_is_taken():
    assert filled(last_clear, (1, 2, 90, 90, 5), (0, 0, 1, 1, 0)) == [1, 2, 2, 2, 5]


def test_without_a_season_before_the_next_clear_one_is_taken():
    assert filled(last_clear, (90, 90, 3, 4), (1, 1, 0, 0)) == [3, 3, 3, 4]


def test_the_mean_is_over_clear_seasons_only():
    assert filled(mean_of_clear, (1, 90, 3, 8), (0, 1, 0, 0)) == [1, 4, 3, 8]


def test_the_line_goes_from_the_season_before_to_the_one_after():
    assert filled(linear_in_time, (0, 90, 90, 9), (0, 1, 1, 0)) == [0, 3, 6, 9]


def test_at_the_ends_the_line_is_the_nearest_clear_season():
    assert filled(linear_in_time, (90, 2, 90, 7, 90), (1, 0, 1, 0, 1)) == pytest.approx(
        [2, 2, 4.5, 7, 7]
    )


@pytest.mark.parametrize("name", BASELINES)
def test_a_pixel_that_is_never_clear_is_nan(name):
    found = BASELINES[name](series(90, 90), marks(1, 1))
    assert np.isnan(found).all()


@pytest.mark.parametrize("name", BASELINES)
def test_clear_pixels_stay_as_they_are(name, stack, clouds):
    found = BASELINES[name](stack, clouds)
    clear = np.broadcast_to(~clouds[:, None], stack.shape)
    np.testing.assert_array_equal(found[clear], stack[clear])
    assert found.dtype == np.float32


@pytest.mark.parametrize("name", BASELINES)
def test_what_is_under_a_cloud_does_not_matter(name, stack, clouds):
    other = np.where(clouds[:, None], np.float32(np.nan), stack)
    np.testing.assert_array_equal(
        BASELINES[name](stack, clouds), BASELINES[name](other, clouds)
    )


def test_never_clear_means_in_every_season():
    assert never_clear(marks(1, 1)).all()
    assert not never_clear(marks(1, 0, 1)).any()


def test_the_nearest_clear_seasons_are_found_on_both_sides():
    before, after = nearest_clear(marks(1, 0, 1, 1, 0, 1))
    assert before.ravel().tolist() == [-1, 1, 1, 1, 4, 4]
    assert after.ravel().tolist() == [1, 1, 4, 4, 4, -1]


def test_the_nearer_season_counts_more():
    share = share_of_after(*nearest_clear(marks(0, 1, 1, 1, 0)))
    assert share.ravel()[1:4].tolist() == [0.25, 0.5, 0.75]


def test_a_side_without_a_clear_season_does_not_count():
    share = share_of_after(*nearest_clear(marks(1, 0, 1)))
    assert (share[0, 0, 0], share[2, 0, 0]) == (1, 0)


def test_with_no_clear_season_both_sides_count_alike():
    assert share_of_after(*nearest_clear(marks(1, 1))).ravel().tolist() == [0.5, 0.5]
