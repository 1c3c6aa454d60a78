import numpy as np
import pytest

from neucobench.codecs.rate_distortion import (
    bits_per_pixel_band,
    bjontegaard,
    make_curve,
    quality_at,
    rate_at,
)
from neucobench.errors import CodecError

RATES = (0.04, 0.08, 0.16, 0.32, 0.8)
DECIBEL = (33.22, 35.33, 37.95, 41.38, 47.48)
ANCHOR = make_curve("anchor", RATES, DECIBEL)


def scaled(factor, *, more=0.0):
    """Return the anchor at ``factor`` times its rate, ``more`` dB better."""
    rates = [factor * rate for rate in RATES]
    return make_curve("other", rates, [value + more for value in DECIBEL])


def test_bits_are_per_pixel_band_and_season():
    assert bits_per_pixel_band(960, (2, 3, 4, 5)) == 8


def test_points_may_come_in_any_order():
    shuffled = make_curve("anchor", RATES[::-1], DECIBEL[::-1])
    np.testing.assert_array_equal(shuffled.rates, ANCHOR.rates)


@pytest.mark.parametrize("factor", [0.5, 0.9, 3.0])
def test_the_same_curve_at_another_rate_saves_exactly_that(factor):
    found = bjontegaard(scaled(factor), ANCHOR)
    assert found.rate == pytest.approx(100 * (factor - 1))


def test_the_same_curve_some_decibel_higher_is_exactly_so_much_better():
    found = bjontegaard(scaled(1, more=1.25), ANCHOR)
    assert found.quality == pytest.approx(1.25)


def test_both_averages_agree_with_an_independent_implementation():
    # The package bjontegaard 1.3.0, method "pchip", on these points.
    other = make_curve(
        "other", (0.0147, 0.0393, 0.0891, 0.2, 0.6), (32.1, 35.9, 39.2, 42.2, 46.0)
    )
    found = bjontegaard(other, ANCHOR)
    assert found.rate == pytest.approx(-49.668488815346336, abs=1e-9)
    assert found.quality == pytest.approx(2.864193370137177, abs=1e-9)
    assert (found.low, found.high) == (33.22, 46.0)


def test_two_points_are_a_straight_line_over_the_log_of_the_rate():
    line = make_curve("line", (0.1, 1.0), (30, 40))
    assert rate_at(line, 35) == pytest.approx(0.1**0.5)
    assert quality_at(line, 0.1**0.5) == pytest.approx(35)


def test_a_curve_goes_through_its_points():
    for rate, quality in zip(RATES, DECIBEL, strict=True):
        assert rate_at(ANCHOR, quality) == pytest.approx(rate)
        assert quality_at(ANCHOR, rate) == pytest.approx(quality)


def test_there_is_no_curve_beyond_its_ends():
    assert rate_at(ANCHOR, 33.2) is None
    assert rate_at(ANCHOR, 47.5) is None
    assert quality_at(ANCHOR, 0.039) is None


def test_a_point_that_costs_more_and_is_no_better_is_left_out_and_counted():
    curve = make_curve("bent", (0.1, 0.2, 0.2, 0.3, 0.4), (30, 35, 33, 34, 38))
    np.testing.assert_array_equal(curve.qualities, (30, 35, 38))
    assert curve.left_out == 2


def test_a_lossless_point_is_not_on_the_curve():
    curve = make_curve("lossless", (0.1, 0.2, 7.0), (30, 35, float("inf")))
    assert curve.qualities[-1] == 35
    assert curve.left_out == 1


def test_one_point_is_no_curve():
    with pytest.raises(CodecError, match="flat has 1 point on a curve of 2"):
        make_curve("flat", (0.1, 0.2), (30, 30))


def test_curves_without_a_common_quality_are_not_compared():
    low = make_curve("low", (0.01, 0.02), (20, 25))
    with pytest.raises(CodecError, match=r"low reaches 20\.00 to 25\.00 and anchor"):
        bjontegaard(low, ANCHOR)


def test_curves_without_a_common_rate_have_no_difference_of_quality():
    cheap = make_curve("cheap", (0.001, 0.002), (34, 44))
    found = bjontegaard(cheap, ANCHOR)
    assert found.quality is None
    assert found.rate < -95
