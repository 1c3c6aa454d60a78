"""The columns of a Parquet embedding file, and their content as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neucobench.embeddings.cells import as_float32
from neucobench.embeddings.columns import choose_columns, is_number
from neucobench.embeddings.ids import MAX_ID_LENGTH, numeric_ids
from neucobench.embeddings.parquet_codes import decode_column, is_list, stored_with
from neucobench.embeddings.quantizers import Quantizer, naming_file
from neucobench.errors import EmbeddingError
from neucobench.findings import Finding

VECTOR = "embedding"
MAX_ID_BYTES = 4 * MAX_ID_LENGTH


@dataclass(frozen=True, kw_only=True)
class ParquetColumns:
    """Say which columns hold the dimensions, and read them.

    Attributes:
        path: the file, for messages.
        read: the columns to read beside ``id``.
        names: (dims,) their names when there is one for each dimension; None when the
            vectors are lists.
        dims: the number of dimensions; 0 when only the rows say it.
        text: the columns to read as dictionaries: ``id``, when it is text. An id that
            is repeated a million times then takes its space once.
        quantizer: how the vectors are stored; None: as ordinary numbers.
        findings: about ids that are numbers and columns that are left out.
    """

    path: Path
    read: tuple[str, ...]
    names: tuple[str, ...] | None
    dims: int
    text: tuple[str, ...]
    quantizer: Quantizer | None
    findings: tuple[Finding, ...]

    def ids(self, batch: pa.RecordBatch, first: int) -> list[str]:
        """Return the ids of a batch, given the rows before it.

        Raises:
            EmbeddingError: when one is missing.
        """
        column = batch.column("id")
        if column.null_count:
            row = first + column.is_null().index(True).as_py()
            raise EmbeddingError(
                f"{self.path}: row {row + 1:,} has no id; every row needs one. Fill it "
                "in, or remove the row."
            )
        if not pa.types.is_dictionary(column.type):
            numbers: list[str] = column.cast(pa.string()).to_pylist()
            return numbers
        longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        if longest > MAX_ID_BYTES:
            raise EmbeddingError(
                f"{self.path}: an id is {longest:,} bytes long; ids are short names of "
                "cubes. Correct the column 'id'."
            )
        names = column.dictionary.to_pylist()
        return [names[place] for place in np.from_dlpack(column.indices).tolist()]

    def vectors(
        self, batch: pa.RecordBatch, ids: Sequence[str], first: int
    ) -> NDArray[np.float32]:
        """Return the vectors of a batch, (rows, dims); a missing cell is NaN.

        Raises:
            EmbeddingError: when a vector is missing or differs in length.
        """
        if self.names is None:
            return self._lists(batch.column(VECTOR), ids, first)
        values = np.empty((batch.num_rows, len(self.names)), np.float32)
        for place, name in enumerate(self.names):
            values[:, place] = as_float32(_numbers(batch.column(name)))
        return values

    def _lists(
        self, column: pa.Array, ids: Sequence[str], first: int
    ) -> NDArray[np.float32]:
        if column.null_count:
            row = first + column.is_null().index(True).as_py()
            raise EmbeddingError(
                f"{self.path}: row {row + 1:,} (id {ids[row]!r}) has no vector; every "
                "row needs one. Encode the cube again, or remove the row."
            )
        if self.quantizer is not None and pa.types.is_fixed_size_binary(column.type):
            return decode_column(column, self.quantizer)
        lengths = np.from_dlpack(pc.list_value_length(column))
        different = np.flatnonzero(lengths != lengths[0])
        if different.size:
            row = int(different[0])
            raise self.ragged(first + row, ids, int(lengths[row]), int(lengths[0]))
        if not lengths[0]:
            raise EmbeddingError(
                f"{self.path}: the vectors are empty; write the file again with them."
            )
        return as_float32(_numbers(column.flatten()).reshape(len(column), -1))

    def ragged(
        self, row: int, ids: Sequence[str], found: int, expected: int
    ) -> EmbeddingError:
        """Return the error about a vector of another length."""
        return EmbeddingError(
            f"{self.path}: row {row + 1:,} (id {ids[row]!r}) has {found:,} dimensions, "
            f"but the rows before it have {expected:,}; all vectors must be of one "
            "length. Encode them again with one encoder."
        )


def find_columns(
    schema: pa.Schema, path: Path, stated: Quantizer | None
) -> ParquetColumns:
    """Return the columns to read.

    Args:
        schema: the file's.
        path: the file, for messages.
        stated: how the metadata says that the vectors are stored.

    Raises:
        EmbeddingError: when there is no ``id``, a column is repeated, or the columns
            are of a type that cannot hold ids or vectors, or other than is stated.
    """
    names = schema.names
    lists = VECTOR in names and not any(is_number(name) for name in names)
    choice = choose_columns(names if lists else _candidates(schema), path)
    text, findings = _judge_ids(schema.field("id").type, path)
    if not lists:
        _require_numbers(schema, choice.names, path)
    kind = schema.field(VECTOR if lists else choice.names[0]).type
    with naming_file(path):
        quantizer = stored_with(kind, stated)
        dims = _vector_length(kind, quantizer) if lists else len(choice.names)
    return ParquetColumns(
        path=path,
        read=(VECTOR,) if lists else choice.names,
        names=None if lists else choice.names,
        dims=dims,
        text=("id",) if text else (),
        quantizer=quantizer,
        findings=findings if lists else (*findings, *choice.findings),
    )


def _candidates(schema: pa.Schema) -> list[str]:
    """Return the columns that may be dimensions, and ``id``.

    Numbered columns speak for themselves; without them, text and geometry are out.
    """
    if any(is_number(name) for name in schema.names) or "id" not in schema.names:
        return list(schema.names)
    return [
        field.name for field in schema if field.name == "id" or _is_numeric(field.type)
    ]


def _require_numbers(schema: pa.Schema, names: Sequence[str], path: Path) -> None:
    for name in names:
        kind = schema.field(name).type
        if not _is_numeric(kind):
            raise EmbeddingError(
                f"{path}: the column {name!r} holds {kind}; dimensions must be "
                "numbers. Convert it to float32."
            )


def _numbers(column: pa.Array) -> NDArray[Any]:
    """Return a column as an array, nulls as NaN.

    Without nulls it goes through DLPack: ``to_numpy`` would import pandas.
    """
    if column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False))
    return np.from_dlpack(column)


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _vector_length(kind: pa.DataType, quantizer: Quantizer | None) -> int:
    """Return the length that a type states, 0 when lists may be of any."""
    if quantizer is not None and pa.types.is_fixed_size_binary(kind):
        return quantizer.dims(kind.byte_width)
    if not is_list(kind) or not _is_numeric(kind.value_type):
        raise EmbeddingError(
            f"the column {VECTOR!r} holds {kind}; it must hold lists of numbers, e.g. "
            "fixed-size lists of float32. Convert it."
        )
    return int(kind.list_size) if pa.types.is_fixed_size_list(kind) else 0


def _judge_ids(kind: pa.DataType, path: Path) -> tuple[bool, tuple[Finding, ...]]:
    """Return whether ids are text, and a finding when they are numbers."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return True, ()
    if not pa.types.is_integer(kind):
        raise EmbeddingError(
            f"{path}: the column 'id' holds {kind}; ids are text. Convert it to text."
        )
    return False, (numeric_ids(str(kind)),)
