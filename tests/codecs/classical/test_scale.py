"""Reflectance to whole numbers and back."""

import numpy as np
import pytest

from neucobench.codecs.classical.bytestream import ByteReader
from neucobench.codecs.classical.scale import Scale


@pytest.mark.parametrize(("low", "high"), [(103, 4655), (-250, 14_968), (0, 65_535)])
def test_whole_numbers_stay_as_they_are_at_16_bits(low, high):
    values = np.arange(low, high + 1, dtype=np.float64)
    scale = Scale.spanning(values, 16)
    assert scale.step == 1
    np.testing.assert_array_equal(scale.to_values(scale.to_numbers(values)), values)


def test_fractions_become_the_nearest_whole_numbers():
    values = np.array([10.2, 10.6, 99.9])
    scale = Scale.spanning(values, 16)
    np.testing.assert_array_equal(
        scale.to_values(scale.to_numbers(values)), [10, 11, 100]
    )


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_a_range_beyond_the_depth_widens_the_step(depth):
    values = np.linspace(0, 14_968, 1000)
    scale = Scale.spanning(values, depth)
    numbers = scale.to_numbers(values)
    assert (numbers.min(), numbers.max()) == (0, 2**depth - 1) == (0, scale.largest)
    assert np.abs(scale.to_values(numbers) - values).max() <= scale.step / 2 + 1e-9


def test_the_step_is_never_finer_than_1():
    scale = Scale.spanning(np.array([5.0, 25.0]), 12)
    assert (scale.step, scale.largest) == (1, 20)


@pytest.mark.parametrize(("low", "span"), [(0, 0), (103, 4552), (-300, 2**32)])
def test_a_scale_is_read_as_it_was_packed(low, span):
    scale = Scale(low=low, span=span, depth=12)
    assert Scale.read(ByteReader(scale.pack()), 12) == scale


def test_the_scale_of_a_common_tile_takes_four_bytes():
    assert len(Scale(low=103, span=4552, depth=16).pack()) == 4
