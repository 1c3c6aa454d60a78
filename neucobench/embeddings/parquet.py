"""Parquet embedding files: ``id`` and ``embedding``, or one column per dimension."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neucobench.embeddings.cells import CellJudge
from neucobench.embeddings.parquet_codes import code_array
from neucobench.embeddings.parquet_columns import ParquetColumns, find_columns
from neucobench.embeddings.quantizers import (
    naming_file,
    read_quantizer,
    storage_metadata,
)
from neucobench.embeddings.raw import RawTable, refuse_size
from neucobench.embeddings.storage import encode_table, storage_parameters
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError

BATCH_CELLS = 2**22
_NOT_METADATA = {"ARROW:schema", "pandas", "geo"}


def read_parquet(path: Path, *, strict: bool) -> RawTable:
    """Return the content of a Parquet embedding file.

    Args:
        path: the file.
        strict: whether a cell without a number is an error.

    Raises:
        EmbeddingError: when the file is damaged, too large, or no embedding file.
    """
    try:
        schema = pq.read_schema(path)
        metadata = _metadata(schema)
        with naming_file(path):
            stated = read_quantizer(metadata)
        columns = find_columns(schema, path, stated)
        with pq.ParquetFile(
            path, read_dictionary=columns.text, page_checksum_verification=True
        ) as file:
            raw = _read(file, columns, strict=strict)
        return replace(raw, metadata=metadata)
    except EmbeddingError:
        raise
    except Exception as problem:  # Arrow raises many classes over damaged bytes
        reason = str(problem).strip().partition("\n")[0][:200].rstrip(".")
        advice = "It may be cut off; copy it or write it again."
        if "lists to be of size" in reason:
            advice = "A vector is missing; every row needs one."
        raise EmbeddingError(
            f"{path} is not a Parquet file that can be read ({reason}). {advice}"
        ) from problem


def read_metadata(path: Path) -> dict[str, str]:
    """Return the text beside the table of a Parquet file, without reading the table.

    Raises:
        EmbeddingError: when the file is damaged or no Parquet file.
    """
    try:
        return _metadata(pq.read_schema(path))
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise EmbeddingError(
            f"{path} is not a Parquet file that can be read; it may be cut off. Copy "
            "it or write it again."
        ) from problem


def write_parquet(table: EmbeddingTable, path: Path) -> None:
    """Write a table to ``path``, with zstd, its metadata in the schema."""
    quantizer = storage_parameters(table)
    metadata = storage_metadata(table.metadata, quantizer, table.dims)
    if quantizer is None:
        vectors = vector_array(table.values)
        encoding = {"embedding.list.element": "BYTE_STREAM_SPLIT"}
    else:
        # Not every reader can put split bytes of other types together.
        vectors = code_array(encode_table(table, quantizer), quantizer)
        encoding = None
    content = pa.table({"id": text_array(table.ids), "embedding": vectors})
    pq.write_table(
        content.replace_schema_metadata(dict(sorted(metadata.items()))),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding=encoding,
        row_group_size=max(1, BATCH_CELLS // table.dims),
        write_statistics=False,
        write_page_checksum=True,
    )


def _read(file: pq.ParquetFile, columns: ParquetColumns, *, strict: bool) -> RawTable:
    """Read batch by batch into one array, so that no more is held than is kept.

    The sizes in the footer's column records are left alone: Arrow ends the process
    when these records are damaged.
    """
    path, rows = columns.path, file.metadata.num_rows
    if not rows:
        raise EmbeddingError(f"{path} has no rows; write it again with the vectors.")
    dims = columns.dims or _first_length(file, columns)
    refuse_size(rows, dims, path)
    judge = CellJudge(path, columns.names, strict=strict)
    values = np.empty((rows, dims), np.float32)
    ids: list[str] = []
    for batch in _batches(file, columns, max(1, BATCH_CELLS // dims)):
        first = len(ids)
        ids += columns.ids(batch, first)
        part = columns.vectors(batch, ids, first)
        if part.shape[1] != dims:
            raise columns.ragged(first, ids, part.shape[1], dims)
        values[first : len(ids)] = part
        judge.settle(values[first : len(ids)], ids=ids[first:], first_row=first)
    if len(ids) != rows:
        raise EmbeddingError(
            f"{path} states {rows:,} rows and holds {len(ids):,}; it is damaged. Copy "
            "it or write it again."
        )
    findings = (*columns.findings, *judge.findings())
    return RawTable(
        ids=ids, values=values, quantizer=columns.quantizer, findings=findings
    )


def _batches(
    file: pq.ParquetFile, columns: ParquetColumns, rows: int
) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(batch_size=rows, columns=["id", *columns.read])


def _first_length(file: pq.ParquetFile, columns: ParquetColumns) -> int:
    """Return the length of the first vector, where the schema does not say it."""
    for batch in _batches(file, columns, 1):
        part = columns.vectors(batch, columns.ids(batch, 0), 0)
        return int(part.shape[1])
    return 1


def vector_array(values: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Return vectors, (samples, dims), as an Arrow array that shares their memory."""
    flat = np.ascontiguousarray(values)
    cells = pa.Array.from_buffers(pa.float32(), flat.size, [None, pa.py_buffer(flat)])
    kind = pa.list_(pa.float32(), values.shape[1])
    return pa.FixedSizeListArray.from_arrays(cells, type=kind)


def text_array(ids: Sequence[str]) -> pa.Array:
    """Return ids as an Arrow array; ``pa.array`` would import pandas."""
    encoded = [name.encode("utf-8") for name in ids]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    )


def _metadata(schema: pa.Schema) -> dict[str, str]:
    """Return the text beside the table, without what other libraries keep there."""
    entries = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (schema.metadata or {}).items()
    }
    return {key: text for key, text in entries.items() if key not in _NOT_METADATA}
