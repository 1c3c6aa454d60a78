"""Stored numbers become reflectance and come back in their type."""

import numpy as np
import pytest

from neucobench.codecs.pixels.gaps import Gaps, find_gaps
from neucobench.codecs.pixels.values import (
    DTYPES,
    Convention,
    holds,
    require_numbers,
    to_reflectance,
    to_stored,
)
from neucobench.errors import CodecError


def _back(stack, stored, convention, nodata=None):
    return to_stored(
        stack,
        find_gaps(stored, nodata),
        convention=convention,
        dtype=stored.dtype,
        nodata=nodata,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_stack_comes_back_in_its_type(dtype):
    stored = np.arange(1, 25).reshape(1, 2, 3, 4).astype(dtype)
    convention = Convention(offset=10, scale=4)
    stack = to_reflectance(stored, convention)
    assert stack.dtype == np.float32
    assert stack[0, 0, 0, 0] == (1 - 10) * 4
    restored = _back(stack, stored, convention)
    assert restored.values.dtype == stored.dtype
    np.testing.assert_array_equal(restored.values, stored)
    assert (restored.clipped, restored.moved) == (0, 0)


@pytest.mark.parametrize("dtype", ["bool", "complex64", "int64", "float16", "U3"])
def test_other_types_are_refused_with_those_that_are_taken(dtype):
    with pytest.raises(CodecError, match="codecs take uint8"):
        require_numbers(np.dtype(dtype))


def test_integers_are_rounded_and_cut_off_and_counted():
    stored = np.zeros((1, 1, 1, 4), np.uint8)
    stack = np.array([[[[-3, 1.6, 300, 255.4]]]], np.float32)
    restored = _back(stack, stored, Convention())
    assert restored.values.ravel().tolist() == [0, 2, 255, 255]
    assert restored.clipped == 2


def test_no_datum_becomes_the_no_data_value():
    stored = np.array([[[[0, 5, 7]]]], np.uint16)
    stack = np.array([[[[123, 0.2, 7]]]], np.float32)
    restored = _back(stack, stored, Convention(), nodata=0)
    assert restored.values.ravel().tolist() == [0, 1, 7]
    assert restored.moved == 1


def test_the_number_beside_the_largest_lies_below_it():
    stored = np.array([[[[5]]]], np.int16)
    stack = np.array([[[[40_000]]]], np.float32)
    restored = _back(stack, stored, Convention(), nodata=32_767)
    assert restored.values.item() == 32_766


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_marks_of_floats_come_back(dtype):
    stored = np.array([[[[np.nan, -9999, 0.25]]]], dtype)
    stack = np.array([[[[1, 2, 2500]]]], np.float32)
    restored = _back(stack, stored, Convention(scale=10_000), nodata=-9999)
    np.testing.assert_array_equal(restored.values, stored)


def test_missing_numbers_are_not_counted_as_cut_off():
    gaps = Gaps(value=np.ones((1, 1, 1, 1), bool), nan=np.zeros((1, 1, 1, 1), bool))
    restored = to_stored(
        np.full((1, 1, 1, 1), 1e6, np.float32),
        gaps,
        convention=Convention(),
        dtype=np.dtype("int16"),
        nodata=-1,
    )
    assert (restored.values.item(), restored.clipped) == (-1, 0)


@pytest.mark.parametrize(
    ("dtype", "value", "held"),
    [
        ("uint8", -1, False),
        ("uint8", 255, True),
        ("int16", 0.5, False),
        ("int16", float("nan"), False),
        ("float32", float("nan"), True),
        ("float32", 1e300, False),
        ("float64", 1e300, True),
    ],
)
def test_a_type_holds_what_it_can_store(dtype, value, held):
    assert holds(np.dtype(dtype), value) is held
