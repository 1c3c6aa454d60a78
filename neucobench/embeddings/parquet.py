"""Parquet embedding files: ``id`` and ``embedding``, or one column per dimension."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neucobench.embeddings.cells import CellJudge
from neucobench.embeddings.parquet_columns import ParquetColumns, find_columns
from neucobench.embeddings.raw import RawTable, refuse_size
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError

BATCH_CELLS = 2**22
MAX_ID_BYTES = 2**30
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
        with pq.ParquetFile(path) as file:
            return _read(file, path, strict=strict)
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


def write_parquet(table: EmbeddingTable, path: Path) -> None:
    """Write a table to ``path``, with zstd, its metadata in the schema."""
    flat = np.ascontiguousarray(table.values)
    cells = pa.Array.from_buffers(pa.float32(), flat.size, [None, pa.py_buffer(flat)])
    vectors = pa.FixedSizeListArray.from_arrays(cells, table.dims)
    content = pa.table({"id": _text(table.ids), "embedding": vectors})
    pq.write_table(
        content.replace_schema_metadata(dict(sorted(table.metadata.items()))),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding={"embedding.list.element": "BYTE_STREAM_SPLIT"},
        row_group_size=max(1, BATCH_CELLS // table.dims),
        write_statistics=False,
    )


def _read(file: pq.ParquetFile, path: Path, *, strict: bool) -> RawTable:
    columns = find_columns(file.schema_arrow, path)
    rows = file.metadata.num_rows
    if not rows:
        raise EmbeddingError(f"{path} has no rows; write it again with the vectors.")
    cells = _count_cells(file.metadata, columns, path)
    judge = CellJudge(path, columns.names, strict=strict)
    ids: list[str] = []
    values = np.empty((rows, max(1, cells // rows)), np.float32)
    for batch in file.iter_batches(
        batch_size=max(1, BATCH_CELLS // values.shape[1]),
        columns=["id", *columns.read],
    ):
        first = len(ids)
        ids += columns.ids(batch, first)
        part = columns.vectors(batch, ids, first)
        if part.shape[1] != values.shape[1]:
            raise columns.ragged(first, ids, part.shape[1], values.shape[1])
        values[first : len(ids)] = part
        judge.settle(values[first : len(ids)], ids=ids[first:], first_row=first)
    return RawTable(
        ids=ids,
        values=values[: len(ids)],
        metadata=_metadata(file.schema_arrow),
        findings=(*columns.findings, *judge.findings()),
    )


def _text(ids: Sequence[str]) -> pa.Array:
    """Return ids as an Arrow array; ``pa.array`` would import pandas."""
    encoded = [name.encode("utf-8") for name in ids]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    )


def _count_cells(metadata: pq.FileMetaData, columns: ParquetColumns, path: Path) -> int:
    """Return the number of cells, as the file's footer states it.

    Raises:
        EmbeddingError: when there are more than we read, or the ids are huge.
    """
    cells = id_bytes = 0
    for leaf in _leaves(metadata):
        top = leaf.path_in_schema.partition(".")[0]
        if top in columns.read:
            cells += leaf.num_values
        elif top == "id":
            id_bytes += leaf.total_uncompressed_size
    refuse_size(cells, path)
    if id_bytes > MAX_ID_BYTES:
        raise EmbeddingError(
            f"{path}: its ids take {id_bytes:,} bytes; ids are short names of cubes. "
            "Write the file again."
        )
    return cells


def _leaves(metadata: pq.FileMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            yield metadata.row_group(group).column(column)


def _metadata(schema: pa.Schema) -> dict[str, str]:
    """Return the text beside the table, without what other libraries keep there."""
    entries = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (schema.metadata or {}).items()
    }
    return {key: text for key, text in entries.items() if key not in _NOT_METADATA}
