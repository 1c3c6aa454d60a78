"""Half floats, against NumPy's and PyTorch's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neucobench.embeddings.half_floats import BFloat16, Float16
from neucobench.errors import EmbeddingError

SMALL = st.floats(-65504, 65504, width=32)
ANY = st.floats(width=32, min_value=-(2.0**127), max_value=2.0**127)


def decoded(quantizer, values):
    return quantizer.decode(quantizer.encode(values))


@given(arrays.arrays(np.float32, (2, 3), elements=SMALL))
def test_float16_is_numpys(values):
    np.testing.assert_array_equal(
        decoded(Float16(), values), values.astype(np.float16).astype(np.float32)
    )


@given(arrays.arrays(np.float32, (2, 3), elements=ANY))
def test_bfloat16_is_that_of_pytorch(values):
    expected = torch.from_numpy(values).to(torch.bfloat16).to(torch.float32).numpy()
    np.testing.assert_array_equal(
        decoded(BFloat16(), values).view(np.uint32), expected.view(np.uint32)
    )


@pytest.mark.parametrize("quantizer", [Float16(), BFloat16()])
@given(values=arrays.arrays(np.float32, (2, 3), elements=SMALL))
def test_a_decoded_value_keeps_its_code(quantizer, values):
    codes = quantizer.encode(values)
    np.testing.assert_array_equal(quantizer.encode(quantizer.decode(codes)), codes)


@pytest.mark.parametrize("quantizer", [Float16(), BFloat16()])
def test_a_vector_takes_two_bytes_for_each_dimension(quantizer):
    codes = quantizer.encode(np.ones((5, 3), np.float32))
    assert codes.shape == (5, quantizer.width(3)) == (5, 6)
    assert quantizer.dims(6) == 3


@pytest.mark.parametrize(
    ("quantizer", "fits", "beyond"),
    [(Float16(), 65519, 65520), (BFloat16(), 3.3895e38, 3.4e38)],
)
def test_a_value_beyond_the_largest_is_refused_with_both_numbers(
    quantizer, fits, beyond
):
    assert np.isfinite(decoded(quantizer, np.float32([[fits, -fits]]))).all()
    with pytest.raises(EmbeddingError, match=r"largest value is .*ends at"):
        quantizer.encode(np.float32([[1, -beyond]]))


@pytest.mark.parametrize("width", [0, 7])
def test_codes_of_an_odd_width_are_damage(width):
    with pytest.raises(EmbeddingError, match=f"take {width} bytes"):
        BFloat16().dims(width)
