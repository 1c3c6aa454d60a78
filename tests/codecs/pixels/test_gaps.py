"""Gaps are found in the stored type, and filled without a trace of their marks."""

import numpy as np
import pytest

from neucobench.codecs.pixels.gaps import fill_gaps, find_gaps


def test_the_value_is_compared_in_the_stored_type():
    stored = np.full((1, 1, 2, 2), 0.1, np.float32)
    assert find_gaps(stored, 0.1).value.all()


def test_nan_and_the_value_are_told_apart():
    stored = np.array([[[[1.0, np.nan, -9.0]]]])
    gaps = find_gaps(stored, -9.0)
    assert gaps.value.ravel().tolist() == [False, False, True]
    assert gaps.nan.ravel().tolist() == [False, True, False]
    assert gaps.any_kind.sum() == 2


def test_without_a_value_integers_have_no_gaps():
    assert not find_gaps(np.zeros((1, 1, 2, 2), np.int16), None).any_kind.any()


@pytest.fixture
def stack():
    values = np.random.default_rng(4).normal(1000, 50, (2, 3, 40, 40))
    return values.astype(np.float32)


def test_data_are_not_changed_and_gaps_lie_within_their_range(stack):
    missing = np.zeros(stack.shape, bool)
    missing[:, :, 5:25, 8:30] = True
    holed = stack.copy()
    holed[missing] = np.nan
    fill_gaps(holed, missing)
    np.testing.assert_array_equal(holed[~missing], stack[~missing])
    assert stack.min() <= holed.min()
    assert holed.max() <= stack.max()


def test_beside_data_a_gap_repeats_them_and_far_away_it_is_the_mean():
    stack = np.zeros((1, 1, 1, 400), np.float32)
    stack[..., :2] = 200
    stack[..., 2:4] = 100
    missing = np.ones(stack.shape, bool)
    missing[..., :4] = False
    fill_gaps(stack, missing)
    assert stack[0, 0, 0, 4] == 100
    assert stack[0, 0, 0, 399] == pytest.approx(150)


def test_a_band_without_data_takes_the_mean_of_the_others(stack):
    missing = np.zeros(stack.shape, bool)
    missing[0, 1] = True
    stack[missing] = np.nan
    fill_gaps(stack, missing)
    assert np.ptp(stack[0, 1]) == 0
    assert stack[0, 1, 0, 0] == pytest.approx(stack[~missing].mean(), rel=1e-5)


def test_without_gaps_nothing_changes(stack):
    before = stack.copy()
    fill_gaps(stack, np.zeros(stack.shape, bool))
    np.testing.assert_array_equal(stack, before)
