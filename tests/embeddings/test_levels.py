"""256 levels and two: what they keep, and that they keep it for good."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neucobench.embeddings.levels import Binary, Int8
from neucobench.errors import EmbeddingError

KINDS = pytest.mark.parametrize("kind", [Int8, Binary])
# Offsets far larger than the spread, subnormal numbers, and anything in between.
COLUMNS = st.builds(
    lambda values, scale, offset: (values * np.float32(scale)) + np.float32(offset),
    arrays.arrays(np.float32, (6, 3), elements=st.floats(-1, 1, width=32)),
    st.sampled_from([0.0, 1e-44, 1e-30, 1e-7, 1.0, 1e7, 1e30]),
    st.sampled_from([0.0, 1e-44, 1.0, 3.9999, -1e6, 1e30]),
)


def f32(*numbers):
    return np.array(numbers, np.float32)


@KINDS
@settings(max_examples=300)
@given(values=COLUMNS)
def test_a_decoded_value_keeps_its_code(kind, values):
    quantizer = kind.fit(values)
    once = quantizer.decode(quantizer.encode(values))
    codes = quantizer.encode(once)
    again = quantizer.decode(codes)
    np.testing.assert_array_equal(again.view(np.uint32), once.view(np.uint32))


@settings(max_examples=300)
@given(values=COLUMNS)
def test_int8_moves_a_value_by_half_a_step_at_most(values):
    quantizer = Int8.fit(values)
    moved = np.abs(quantizer.decode(quantizer.encode(values)) - values.astype(float))
    rounding = np.spacing(np.abs(values).max(axis=0))
    assert (moved <= quantizer.step.astype(float) / 2 + rounding).all()
    assert quantizer.clipped(values) == 0


def test_the_levels_reach_from_the_smallest_to_the_largest_value():
    values = np.random.default_rng(0).normal(size=(500, 20)).astype(np.float32)
    quantizer = Int8.fit(values)
    codes = quantizer.encode(values)
    assert (codes.min(axis=0) == 0).all()
    assert (codes.max(axis=0) == 255).all()
    extent = values.max(axis=0).astype(float) - values.min(axis=0)
    np.testing.assert_allclose(quantizer.step, extent / 255, rtol=1e-6)


def test_int8_loses_a_step_over_the_root_of_twelve():
    values = np.random.default_rng(0).normal(size=(2000, 30)).astype(np.float32)
    quantizer = Int8.fit(values)
    moved = quantizer.decode(quantizer.encode(values)) - values
    steps = np.sqrt(np.square(moved).mean(axis=0)) / quantizer.step
    np.testing.assert_allclose(steps, 1 / np.sqrt(12), rtol=0.05)


def test_levels_that_are_reused_clip_what_lies_beyond():
    quantizer = Int8.fit(np.array([[0, 5], [255, 5]], np.float32))
    values = np.array([[-10, 5], [300, 6], [7.4, 4]], np.float32)
    assert quantizer.clipped(values) == 4
    decoded = quantizer.decode(quantizer.encode(values))
    np.testing.assert_array_equal(decoded, [[0, 5], [255, 5], [7, 5]])


@KINDS
def test_a_constant_column_stays_exactly_itself(kind):
    values = np.full((7, 2), 0.1, np.float32)
    quantizer = kind.fit(values)
    np.testing.assert_array_equal(quantizer.decode(quantizer.encode(values)), values)


@KINDS
def test_a_table_of_one_row_can_be_stored(kind):
    values = np.array([[1.5, -2.0, 0.0]], np.float32)
    quantizer = kind.fit(values)
    np.testing.assert_array_equal(quantizer.decode(quantizer.encode(values)), values)


def test_binary_keeps_the_mean_of_every_column():
    values = np.random.default_rng(0).gamma(1, 3, (400, 11)).astype(np.float32)
    quantizer = Binary.fit(values)
    decoded = quantizer.decode(quantizer.encode(values))
    np.testing.assert_allclose(
        decoded.mean(axis=0, dtype=float), values.mean(axis=0, dtype=float), rtol=1e-6
    )
    assert all(len(np.unique(column)) == 2 for column in decoded.T)


def test_a_bit_is_one_from_the_threshold_up():
    quantizer = Binary(threshold=f32(1, 1), lower=f32(0, 0), upper=f32(2, 3))
    codes = quantizer.encode(np.array([[1, 0.9], [-5, 9]], np.float32))
    assert codes.tolist() == [[0b10000000], [0b01000000]]
    np.testing.assert_array_equal(quantizer.decode(codes), [[2, 0], [0, 3]])


@pytest.mark.parametrize(("dims", "width"), [(1, 1), (8, 1), (9, 2), (64, 8)])
def test_eight_dimensions_of_bits_share_a_byte(dims, width):
    values = np.random.default_rng(0).normal(size=(9, dims)).astype(np.float32)
    quantizer = Binary.fit(values)
    assert quantizer.encode(values).shape == (9, width)
    assert quantizer.dims(width) == dims


@KINDS
def test_codes_of_another_width_are_damage(kind):
    quantizer = kind.fit(np.eye(9, dtype=np.float32))
    with pytest.raises(EmbeddingError, match="take 3 bytes"):
        quantizer.dims(3)


@pytest.mark.parametrize(
    ("low", "step"),
    [
        (0.0, -1.0),
        (3e38, 3e37),  # the last level is infinite
        (1e6, 1e-3),  # float32 has 16 values in 1
        (-3e38, 1.0),
    ],
)
def test_levels_that_float32_cannot_tell_apart_are_refused(low, step):
    with pytest.raises(EmbeddingError, match="256 of them apart"):
        Int8(low=f32(0, low), step=f32(1, step))


def test_a_spread_beyond_float32_is_refused():
    with pytest.raises(EmbeddingError, match="256 of them apart"):
        Int8.fit(np.array([[-3.4e38], [3.4028234e38]], np.float32) * np.float32(1))


@pytest.mark.parametrize(
    ("threshold", "lower", "upper"), [(0, 0, 1), (0, 1, 2), (0, -2, -1), (1, 0, 0)]
)
def test_values_on_one_side_of_their_threshold_are_refused(threshold, lower, upper):
    with pytest.raises(EmbeddingError, match="one side of their threshold"):
        Binary(threshold=f32(threshold), lower=f32(lower), upper=f32(upper))
