import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neucobench.reports.scales import number, short, window


def test_a_window_holds_every_value_when_none_is_far_left():
    found = window([-1.0, 0.0, 10.0], least=5.0)
    assert found.low < -1.0
    assert found.high > 10.0
    assert found.below == 0


def test_one_huge_negative_value_does_not_stretch_the_window():
    found = window([-3000.0, -1.0, 10.0, 12.0], least=5.0)
    assert -2 < found.low < -1
    assert found.below == 1


def test_a_window_of_hopeless_values_starts_at_their_median():
    found = window([-3000.0, -200.0, -100.0], least=5.0)
    assert found.low == pytest.approx(-200.0, abs=10)
    assert found.below == 1


def test_values_that_are_not_finite_do_not_move_the_window():
    found = window([1.0, np.nan, -np.inf, np.inf, 2.0], least=5.0)
    assert 0.9 < found.low < 1.0
    assert 2.0 < found.high < 2.1


def test_a_window_of_nothing_is_the_unit_interval():
    assert (window([], least=1.0).low, window([], least=1.0).high) == (0.0, 1.0)


@given(st.lists(st.floats(min_value=-1e40, max_value=100), min_size=1))
def test_a_window_has_a_width_and_counts_what_it_leaves_out(values):
    found = window(values, least=0.2)
    assert found.low < found.high
    assert found.below == sum(value < found.low for value in values)
    assert found.high >= max(values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.345, "12.3"),
        (-0.04, "0.0"),
        (-7.06, "−7.1"),
        (-3012.4, "−3\N{NARROW NO-BREAK SPACE}012"),
        (None, "–"),
        (float("nan"), "–"),
        (float("-inf"), "–"),
    ],
)
def test_numbers_are_written_for_people(value, text):
    assert number(value) == text


def test_the_middle_of_a_long_label_is_left_out():
    text = short("a" * 30 + "b" * 30, 20)
    assert len(text) == 20
    assert text.startswith("aaa")
    assert text.endswith("bbb")


def test_a_label_without_its_control_characters_is_drawn():
    assert short("a\x00b\x1bc") == "a\ufffdb\ufffdc"
