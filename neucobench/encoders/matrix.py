"""A matrix that may be larger than the memory, as a file."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


def write_matrix(
    path: Path, shape: tuple[int, int], chunks: Iterable[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Write rows to a file and return it as a read-only memory map.

    The rows are written and not mapped, so that a full disk is an error and not a
    signal that ends the process.

    Args:
        path: the file, in NumPy's format.
        shape: rows and columns in all.
        chunks: (some rows, columns) each; together they have ``shape``.

    Raises:
        OSError: when the disk is full.
    """
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        npy.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk, dtype="<f4").data)
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return mapped
