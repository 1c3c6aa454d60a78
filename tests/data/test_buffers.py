import numpy as np

from neucobench.data.buffers import Buffers


def test_the_same_memory_is_lent_again():
    buffers = Buffers()
    first = buffers.array("a", (2, 3), np.int16)
    second = buffers.array("a", (3, 1), np.float32)
    assert np.shares_memory(first, second)


def test_two_names_never_share_memory():
    buffers = Buffers()
    first = buffers.array("a", (8,), np.int16)
    second = buffers.array("b", (8,), np.int16)
    assert not np.shares_memory(first, second)


def test_a_larger_loan_is_as_long_as_asked():
    buffers = Buffers()
    buffers.take("a", 10)
    assert len(buffers.take("a", 1000)) == 1000
    assert len(buffers.take("a", 0)) == 0
    assert buffers.array("a", (3, 4, 5), np.int64).flags.c_contiguous
