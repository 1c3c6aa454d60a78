"""Quantized vectors in a Parquet column: half floats in lists, other codes as bytes.

Codes that are no numbers in themselves are a column of fixed-size binary, so that a
reader that does not know them fails, and does not take them for the vectors.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neucobench.embeddings.half_floats import Float16
from neucobench.embeddings.quantizers import Quantizer
from neucobench.errors import EmbeddingError


def code_array(codes: NDArray[np.uint8], quantizer: Quantizer) -> pa.Array:
    """Return codes, (rows, width), as the Arrow array of a column."""
    rows, width = codes.shape
    buffers = [None, pa.py_buffer(np.ascontiguousarray(codes))]
    if quantizer.storage != Float16.storage:
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), rows, buffers)
    dims = quantizer.dims(width)
    cells = pa.Array.from_buffers(pa.float16(), rows * dims, buffers)
    kind = pa.list_(pa.float16(), dims)
    return pa.FixedSizeListArray.from_arrays(cells, type=kind)


def decode_column(column: pa.Array, quantizer: Quantizer) -> NDArray[np.float32]:
    """Return the vectors, (rows, dims), of a column of fixed-size binary."""
    width, rows = column.type.byte_width, len(column)
    data = np.frombuffer(
        column.buffers()[1], np.uint8, count=rows * width, offset=column.offset * width
    )
    return quantizer.decode(data.reshape(rows, width))


def stored_with(kind: pa.DataType, stated: Quantizer | None) -> Quantizer | None:
    """Return how the vectors of a column are stored; None: as ordinary numbers.

    Half floats speak for themselves; other codes need the metadata.

    Args:
        kind: the column's type.
        stated: what the metadata says.

    Raises:
        EmbeddingError: when the column is of another type than the metadata says.
    """
    halves = is_list(kind) and pa.types.is_float16(kind.value_type)
    if stated is None:
        return Float16() if halves else None
    coded = pa.types.is_fixed_size_binary(kind)
    if not (halves if stated.storage == Float16.storage else coded):
        raise EmbeddingError(
            f"the metadata says that the vectors are stored as {stated.storage}, and "
            f"their column holds {kind}; the file was changed. Write it again."
        )
    return stated


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a column holds lists, of one length or of any."""
    return bool(
        pa.types.is_fixed_size_list(kind)
        or pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
    )
