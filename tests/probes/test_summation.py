import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.probes.summation import torch_sum

pytestmark = pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"),
    reason="torch adds vectors of eight numbers on processors with AVX2 only",
)


@settings(deadline=None, max_examples=60)
@given(numbers=st.integers(0, 3000), seed=st.integers(0, 1000))
def test_sums_are_rounded_as_torch_rounds_them(numbers, seed):
    values = np.random.default_rng(seed).random((2, numbers), dtype=np.float32)
    expected = [torch.sum(torch.tensor(row), dim=0).item() for row in values]
    np.testing.assert_allclose(torch_sum(values), expected, rtol=0, atol=0)


@pytest.mark.parametrize("numbers", [8192, 20_001, 32_767])
def test_long_sums_are_too(numbers):
    values = np.random.default_rng(0).random((1, numbers), dtype=np.float32)
    expected = torch.sum(torch.tensor(values[0]), dim=0).item()
    assert torch_sum(values)[0] == expected
