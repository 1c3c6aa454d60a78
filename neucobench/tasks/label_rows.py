"""The rows of a label file: a quick way for plain ones, a careful one with messages."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings import csv_text
from neucobench.embeddings.cells import BLANKS, cell_value
from neucobench.errors import LabelError

HEADER = b"id,label\n"
_NUMBER_BYTES = b"0123456789+-.eE"
_NOT_MARKS = bytes(byte for byte in range(256) if byte not in b",\n")


@dataclass(frozen=True, kw_only=True)
class LabelRows:
    """Hold the content of a label file.

    Attributes:
        ids: (rows,) of the rows that have a label.
        values: (rows,) float64, finite.
        skipped: (skipped,) ids of rows with an empty label.
        ignored: names of columns other than ``id`` and ``label``.
    """

    ids: list[str]
    values: NDArray[np.float64]
    skipped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def read_rows(data: bytes, path: Path) -> LabelRows:
    """Return the rows of a label file.

    Args:
        data: the content of the file.
        path: the file, for messages.

    Raises:
        LabelError: when the text is not a label file, a row is ragged, or a label is
            not a finite number.
    """
    csv_text.refuse_foreign(data, path, LabelError)
    data = data.removeprefix(csv_text.BYTE_ORDER_MARK)
    return _quick_rows(data.replace(b"\r\n", b"\n")) or _careful_rows(data, path)


def _quick_rows(data: bytes) -> LabelRows | None:
    """Return rows that are plainly ``id,label``, None when anything is unusual."""
    import polars as pl

    body = data.removeprefix(HEADER).removesuffix(b"\n")
    if not data.startswith(HEADER) or b'"' in body or b"\r" in body:
        return None
    if body.translate(None, _NOT_MARKS) != b",\n" * body.count(b"\n") + b",":
        return None
    try:
        cells = body.decode("utf-8").replace("\n", ",").split(",")
        labels = cells[1::2]
        if "".join(labels).encode().translate(None, _NUMBER_BYTES):
            return None
        values = pl.Series(labels, dtype=pl.String).cast(pl.Float64).to_numpy()
    except (UnicodeDecodeError, pl.exceptions.PolarsError):
        return None
    return (
        LabelRows(ids=cells[::2], values=values) if np.isfinite(values).all() else None
    )


def _careful_rows(data: bytes, path: Path) -> LabelRows:
    records = _records(csv_text.decode(data, path, LabelError), path)
    header = next(records, [])
    id_column, label_column = _find_columns(header, path)
    ids: list[str] = []
    values: list[float] = []
    skipped: list[str] = []
    for number, row in enumerate(records, start=1):
        where = f"{path}: row {number:,}"
        csv_text.require_length(row, len(header), where, LabelError)
        if not row[id_column]:
            raise LabelError(f"{where} has no id. Fill it in, or remove the row.")
        label = row[label_column].strip(BLANKS)
        if not label:
            skipped.append(row[id_column])
            continue
        ids.append(row[id_column])
        values.append(_label_value(label, f"{where} (id {ids[-1]!r})"))
    return LabelRows(
        ids=ids,
        values=np.array(values, np.float64),
        skipped=tuple(skipped),
        ignored=tuple(name for name in header if name not in ("id", "label")),
    )


def _records(text: str, path: Path) -> Iterator[list[str]]:
    """Yield the lines as lists of cells, without blank lines; the header is first."""
    first = text.partition("\n")[0].partition("\r")[0]
    csv_text.split_header(first, path, LabelError)
    try:
        yield from filter(None, csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise LabelError(
            f"{path} cannot be read as CSV ({problem}); cells must be short and quotes "
            "closed. Write the file again."
        ) from problem


def _find_columns(header: list[str], path: Path) -> tuple[int, int]:
    for name in ("id", "label"):
        if header.count(name) != 1:
            how = "no column" if name not in header else "more than one column"
            shown = ", ".join(repr(item[:40]) for item in header[:5])
            raise LabelError(
                f"{path} has {how} {name!r}; its header is {shown or 'empty'}. A label "
                "file has the columns id and label: rename or remove columns."
            )
    return header.index("id"), header.index("label")


def _label_value(label: str, where: str) -> float:
    value = cell_value(label)
    if not math.isfinite(value):
        csv_text.refuse_decimal_comma(label, f"{where}, column 'label'", LabelError)
        raise LabelError(
            f"{where} has the label {label[:40]!r}; labels are finite numbers, and an "
            "empty label skips the row. Correct it, or empty it."
        )
    return value
