"""Embeddings in fewer bytes: quantize a table, and say what it cost.

::

    table ──▶ quantize ──▶ table of decoded values ──▶ write_embeddings ──▶ codes
                                      ▲                                       │
                                      └──────────── read_embeddings ◀─────────┘

A quantized table holds the float32 values that every reader gets back, bit for bit, so
that what is scored is what was stored.
"""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.quantizers import (
    PLAIN,
    STORAGES,
    Quantizer,
    fit_quantizer,
    read_quantizer,
    storage_metadata,
)
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError, UnknownNameError, UsageError
from neucobench.findings import Finding

_BLOCK_CELLS = 2**20


def quantize(
    table: EmbeddingTable, storage: str, parameters: Quantizer | None = None
) -> EmbeddingTable:
    """Return a table of the values that ``storage`` keeps, to be written compactly.

    Args:
        table: the vectors.
        storage: ``"float32"`` (everything is kept), ``"float16"``, ``"bfloat16"``,
            ``"int8"`` or ``"binary"``.
        parameters: fitted on another table, from ``storage_parameters``; without them
            they are fitted on this one, unless it is stored this way already.

    Returns:
        the table, its metadata with ``storage``, ``bytes_per_vector`` and, for int8 and
        binary, the parameters (nothing for float32), and a finding when values were
        clipped to the range of the parameters.

    Raises:
        UnknownNameError: when the storage is not known.
        UsageError: when the parameters are those of another storage.
        EmbeddingError: when a value does not fit, or the parameters are for another
            number of dimensions.
    """
    if storage not in STORAGES:
        raise UnknownNameError("storage of vectors", storage, STORAGES)
    _require_match(table, storage, parameters)
    if storage == PLAIN:
        return replace(table, metadata=_entries(table, None))
    quantizer = parameters or _own_or_fitted(table, storage)
    values = np.empty_like(table.values)
    clipped = 0
    for rows in _blocks(table):
        values[rows] = quantizer.decode(quantizer.encode(table.values[rows]))
        clipped += quantizer.clipped(table.values[rows])
    return replace(
        table,
        values=values,
        path=None,
        sha256=None,
        metadata=_entries(table, quantizer),
        findings=(*table.findings, *_clipping(clipped, storage)),
    )


def storage_parameters(table: EmbeddingTable) -> Quantizer | None:
    """Return how a table is stored, to quantize another one alike; None: as float32.

    Raises:
        EmbeddingError: when its metadata is damaged.
    """
    return read_quantizer(table.metadata)


def storage_name(table: EmbeddingTable) -> str:
    """Return how the vectors of a table are stored, e.g. ``"float32"``.

    Raises:
        EmbeddingError: when the table's metadata is damaged.
    """
    quantizer = storage_parameters(table)
    return PLAIN if quantizer is None else quantizer.storage


def bytes_per_vector(table: EmbeddingTable) -> int:
    """Return the bytes that the numbers of one vector take, without compression.

    Parameters that all vectors share are not counted.

    Raises:
        EmbeddingError: when the table's metadata is damaged.
    """
    quantizer = storage_parameters(table)
    return 4 * table.dims if quantizer is None else quantizer.width(table.dims)


def quantization_error(original: EmbeddingTable, decoded: EmbeddingTable) -> float:
    """Return what was lost, as a share of what the vectors tell apart.

    It is the root mean square of the differences over that of the values around the
    means of their columns: 0 when nothing was lost, 1 when as much as by storing those
    means alone. Infinite when a table without any difference between rows was changed.

    Args:
        original: the table before it was quantized.
        decoded: the same rows afterwards.

    Raises:
        EmbeddingError: when the tables are not of the same rows and dimensions.
    """
    if original.ids != decoded.ids or original.dims != decoded.dims:
        raise EmbeddingError(
            f"The tables have {original.rows:,} rows of {original.dims:,} dimensions "
            f"and {decoded.rows:,} of {decoded.dims:,}, or other ids; an error is "
            "between the same rows. Give a table and what quantize made of it."
        )
    means = original.values.mean(axis=0, dtype=np.float64)
    lost = spread = 0.0
    for rows in _blocks(original):
        values = original.values[rows].astype(np.float64)
        lost += float(np.square(decoded.values[rows] - values).sum())
        spread += float(np.square(values - means).sum())
    if not spread:
        return float("inf") if lost else 0.0
    return float(np.sqrt(lost / spread))


def encode_table(table: EmbeddingTable, quantizer: Quantizer) -> NDArray[np.uint8]:
    """Return the codes of a quantized table, (rows, bytes of a vector).

    Args:
        table: the values that the codes decode to.
        quantizer: the one that its metadata describes.

    Raises:
        EmbeddingError: when the table holds other values.
    """
    _require_match(table, quantizer.storage, quantizer)
    codes = np.empty((table.rows, quantizer.width(table.dims)), np.uint8)
    for rows in _blocks(table):
        values = np.ascontiguousarray(table.values[rows])
        codes[rows] = quantizer.encode(values)
        decoded = quantizer.decode(codes[rows])
        if not np.array_equal(values.view(np.uint32), decoded.view(np.uint32)):
            raise EmbeddingError(
                f"The table {table.name!r} says that it is stored as "
                f"{quantizer.storage}, but holds values that this does not give; they "
                "were changed afterwards. Quantize it to float32 first, and then again."
            )
    return codes


def _own_or_fitted(table: EmbeddingTable, storage: str) -> Quantizer:
    own = storage_parameters(table)
    if own is None or own.storage != storage or not own.parameters:
        return fit_quantizer(storage, table.values)
    # Fitted again, the levels would move by a rounding, and with them every value.
    encode_table(table, own)
    return own


def _require_match(
    table: EmbeddingTable, storage: str, parameters: Quantizer | None
) -> None:
    if parameters is None:
        return
    if parameters.storage != storage:
        raise UsageError(
            f"The parameters are those of {parameters.storage} storage, and {storage} "
            "was asked for; give the same storage, or no parameters."
        )
    for name in parameters.parameters:
        dims = len(getattr(parameters, name))
        if dims != table.dims:
            raise EmbeddingError(
                f"The parameters of {storage} storage are for {dims:,} dimensions, and "
                f"the vectors have {table.dims:,}. Fit parameters on vectors of this "
                "encoder."
            )


def _entries(
    table: EmbeddingTable, quantizer: Quantizer | None
) -> MappingProxyType[str, str]:
    return MappingProxyType(storage_metadata(table.metadata, quantizer, table.dims))


def _blocks(table: EmbeddingTable) -> Iterator[slice]:
    """Yield blocks of rows, so that copies in float64 stay small."""
    rows = max(1, _BLOCK_CELLS // table.dims)
    for first in range(0, table.rows, rows):
        yield slice(first, first + rows)


def _clipping(count: int, storage: str) -> tuple[Finding, ...]:
    if not count:
        return ()
    cells = "cell lies" if count == 1 else "cells lie"
    message = (
        f"{count:,} {cells} beyond the range that the {storage} parameters were fitted "
        "on, and took its nearest end."
    )
    code = "clipped-cells"
    return (Finding(code=code, level="warning", message=message, count=count),)
