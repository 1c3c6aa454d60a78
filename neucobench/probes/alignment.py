"""Memory that starts where a cache line starts."""

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64  # bytes; also the width of the widest vector


def aligned_zeros(rows: int, columns: int) -> NDArray[np.float32]:
    """Return a (rows, columns) array of zeros that starts at a cache line.

    With a multiple of 16 columns every row does, and the linear probe takes such
    features as they are instead of copying them.
    """
    memory = np.zeros(rows * columns * 4 + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    aligned = memory[start : start + rows * columns * 4].view(np.float32)
    return aligned.reshape(rows, columns)


def is_aligned(array: NDArray[np.float32]) -> bool:
    """Return whether an array starts at a cache line."""
    return bool(array.ctypes.data % CACHE_LINE == 0)
