"""The careful way through rows of a CSV file: cell by cell, with messages."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings import csv_text
from neucobench.embeddings.cells import CellJudge, as_float32, cell_value
from neucobench.embeddings.csv_layout import CsvLayout
from neucobench.embeddings.raw import RawTable
from neucobench.errors import EmbeddingError


def careful_rows(
    data: bytes, layout: CsvLayout, judge: CellJudge, *, first_row: int
) -> RawTable:
    """Return rows of a CSV file.

    Args:
        data: whole lines, without the header.
        layout: the columns.
        judge: decides about cells that are no finite numbers.
        first_row: rows of the file before these.

    Raises:
        EmbeddingError: when the text is not UTF-8, a row is ragged or has no id, or
            the judge refuses a cell.
    """
    text = csv_text.decode(data, layout.path, EmbeddingError)
    ids: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    for row in _records(text, layout, first_row):
        number = first_row + len(ids)
        where = f"{layout.path}: row {number + 1:,}"
        csv_text.require_length(row, layout.width, where, EmbeddingError)
        cells = [row[place] for place in layout.columns.dimensions]
        ids.append(row[layout.columns.id_column])
        vectors.append(_vector(cells, ids[-1], judge, number))
    dims = len(layout.columns.dimensions)
    values = np.stack(vectors) if vectors else np.empty((0, dims), np.float32)
    return RawTable(ids=ids, values=values)


def _records(text: str, layout: CsvLayout, first_row: int) -> Iterator[list[str]]:
    """Yield the rows as lists of cells, without blank lines."""
    try:
        yield from filter(None, csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise EmbeddingError(
            f"{layout.path}: a row after row {first_row:,} cannot be read ({problem}); "
            "cells must be short and quotes closed. Write the file again."
        ) from problem


def _vector(
    cells: Sequence[str], name: str, judge: CellJudge, number: int
) -> NDArray[np.float32]:
    plain = _plain_numbers(cells)
    if plain is None:
        _refuse_decimal_commas(cells, name, judge, number)
        plain = [cell_value(cell) for cell in cells]
    vector = as_float32(np.array(plain))
    judge.settle(
        vector[np.newaxis],
        ids=[name],
        first_row=number,
        text=lambda _, column: cells[column],
    )
    return vector


def _plain_numbers(cells: Sequence[str]) -> list[float] | None:
    """Return the numbers quickly, None where ``float`` is laxer than ``cell_value``."""
    joined = "".join(cells)
    if "_" in joined or not (joined.isascii() and joined.isprintable()):
        return None
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return None


def _refuse_decimal_commas(
    cells: Sequence[str], name: str, judge: CellJudge, number: int
) -> None:
    for column, cell in enumerate(cells):
        if "," in cell:
            where = judge.where(0, column, [name], number)
            csv_text.refuse_decimal_comma(cell, where, EmbeddingError)
