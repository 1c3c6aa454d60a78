"""Embedding files in and out: CSV, Parquet and npz, told apart by their ending."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np

from neucobench.atomic import whole_file
from neucobench.embeddings.csv_text import require_file
from neucobench.embeddings.ids import bare_ids, check_ids
from neucobench.embeddings.quantizers import (
    naming_file,
    require_stated_width,
    storage_metadata,
)
from neucobench.embeddings.raw import RawTable
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError, UsageError

ENDINGS = (".csv", ".parquet", ".npz")


class _Reader(Protocol):
    def __call__(self, path: Path, *, strict: bool) -> RawTable: ...


def read_embeddings(path: Path | str, *, strict: bool = False) -> EmbeddingTable:
    """Return the embeddings in a file, with findings about it.

    Ids are text; ``.zarr.zip`` and ``.zarr`` are taken off their end. Cells without a
    number (empty, NaN, text) become 0, which is a finding. Vectors that are stored in
    fewer bytes are decoded, and the table's metadata says how they are stored.

    Args:
        path: a file that ends in ``.csv``, ``.parquet`` or ``.npz``.
        strict: refuse cells without a number.

    Raises:
        UsageError: when the ending is another one.
        EmbeddingError: when the file is missing, damaged or no embedding file, an id
            or a column is repeated, or a cell is infinite or beyond float32.
    """
    path = Path(path)
    read = _reader(require_ending(path))
    require_file(path, EmbeddingError)
    with ThreadPoolExecutor(1) as pool:
        digest = pool.submit(_sha256, path)
        raw = read(path, strict=strict)
        sha256 = digest.result()
    ids = bare_ids(raw.ids)
    check_ids(ids, path=path, error=EmbeddingError)
    dims = raw.values.shape[1]
    if raw.quantizer is not None:
        with naming_file(path):
            require_stated_width(raw.metadata, raw.quantizer.width(dims))
    metadata = storage_metadata(raw.metadata, raw.quantizer, dims)
    return EmbeddingTable(
        ids=ids,
        values=raw.values,
        name=path.stem,
        path=path,
        sha256=sha256,
        metadata=MappingProxyType(metadata),
        findings=raw.findings,
    )


def write_embeddings(table: EmbeddingTable, path: Path | str) -> None:
    """Write a table to a file, as a whole; the same table gives the same bytes.

    A table from ``neucobench.embeddings.storage.quantize`` is written as codes, in the
    bytes that its metadata states; to a CSV file, as the numbers that they stand for.

    Args:
        table: what to write. CSV files have no room for its metadata.
        path: a file that ends in ``.csv``, ``.parquet`` or ``.npz``.

    Raises:
        UsageError: when the ending is another one.
        EmbeddingError: when the table is one that would not be read back, or is said
            to be quantized and has other values.
    """
    path = Path(path)
    write = _writer(require_ending(path))
    _require_writable(table, path)
    with whole_file(path) as hidden:
        write(table, hidden)


def require_ending(path: Path) -> str:
    """Return the ending of an embedding file, in lower case.

    Raises:
        UsageError: when it is not one of ``ENDINGS``.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"{path} ends in {path.suffix!r}; embedding files end in "
            f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}. Choose one of these."
        )
    return ending


def _reader(ending: str) -> _Reader:
    if ending == ".csv":
        from neucobench.embeddings.csv_reader import read_csv

        return read_csv
    if ending == ".parquet":
        from neucobench.embeddings.parquet import read_parquet

        return read_parquet
    from neucobench.embeddings.npz import read_npz

    return read_npz


def _writer(ending: str) -> Callable[[EmbeddingTable, Path], None]:
    if ending == ".csv":
        from neucobench.embeddings.csv_writer import write_csv

        return write_csv
    if ending == ".parquet":
        from neucobench.embeddings.parquet import write_parquet

        return write_parquet
    from neucobench.embeddings.npz import write_npz

    return write_npz


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_writable(table: EmbeddingTable, path: Path) -> None:
    """Refuse a table that ``read_embeddings`` would refuse."""
    shape = table.values.shape
    if len(shape) != 2 or shape[0] != len(table.ids) or not table.values.size:
        raise EmbeddingError(
            f"{path} was not written: there are {len(table.ids):,} ids and values of "
            f"the shape {shape}; a table needs one row for each id and at least one "
            "of each. Correct the encoder."
        )
    if table.values.dtype != np.float32 or not np.isfinite(table.values).all():
        bad = int((~np.isfinite(table.values)).sum())
        raise EmbeddingError(
            f"{path} was not written: the values are {table.values.dtype} and {bad:,} "
            "of them are not finite; a table holds finite float32. Correct the encoder."
        )
    check_ids(table.ids, path=path, error=EmbeddingError)
