"""The quick way through rows of a CSV file: polars, for cells that are numbers."""

import numpy as np
import polars as pl

from neucobench.embeddings.csv_layout import CsvLayout
from neucobench.embeddings.csv_text import BYTE_ORDER_MARK
from neucobench.embeddings.raw import RawTable


def quick_rows(data: bytes, layout: CsvLayout) -> RawTable | None:
    """Return rows, or None when anything about them needs the careful reader.

    Polars agrees with pandas about every cell that it reads as a number; empty cells
    come out as NaN. It fills short rows with nulls, drops a byte-order mark anywhere,
    and keeps lone carriage returns: all of that is left to the careful reader, and
    infinite cells are, too.

    Args:
        data: whole lines, without the header.
        layout: the columns.
    """
    if data.startswith(BYTE_ORDER_MARK) or _has_lone_returns(data):
        return None
    try:
        frame = pl.read_csv(data, has_header=False, schema=_schema(layout))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    ids = frame.get_column(str(layout.columns.id_column))
    dimensions = [str(place) for place in layout.columns.dimensions]
    values = frame.select(dimensions).rechunk().to_numpy(order="c")
    everything_seen = len(dimensions) + 1 == layout.width
    if not np.isfinite(values).all():
        if np.isinf(values).any():
            return None
        everything_seen = False
        values = np.require(values, requirements="W")
    if ids.null_count() or not _is_regular(data, frame.height, layout, everything_seen):
        return None
    return RawTable(ids=ids.to_list(), values=values)


def _schema(layout: CsvLayout) -> dict[str, pl.DataType]:
    schema: dict[str, pl.DataType] = {
        str(place): pl.String() for place in range(layout.width)
    }
    return schema | {str(place): pl.Float32() for place in layout.columns.dimensions}


def _has_lone_returns(data: bytes) -> bool:
    if b"\r" not in data:
        return False
    return b'"' in data or data.count(b"\r") != data.count(b"\r\n")


def _is_regular(
    data: bytes, rows: int, layout: CsvLayout, everything_seen: bool
) -> bool:
    """Tell whether every line is a row, and has as many commas as the header.

    A cell that a short row lacks is a null. When all columns are dimensions and none
    of their cells is null, everything was seen, and the commas need not be counted.
    Inside quotes they cannot be.
    """
    if b'"' in data:
        return everything_seen
    lines = _count(data, b"\n") + (not data.endswith(b"\n"))
    if rows != lines:
        return False
    return everything_seen or _count(data, b",") == lines * (layout.width - 1)


def _count(data: bytes, byte: bytes) -> int:
    """Return how often a byte occurs; ``bytes.count`` takes three times as long."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == byte[0]))
