"""The quick way through rows of a CSV file: polars, for cells that are numbers."""

import numpy as np
import polars as pl

from neucobench.embeddings.csv_layout import CsvLayout
from neucobench.embeddings.csv_text import BYTE_ORDER_MARK
from neucobench.embeddings.raw import RawTable


def quick_rows(data: bytes, layout: CsvLayout) -> RawTable | None:
    """Return rows, or None when anything about them needs the careful reader.

    Polars agrees with pandas about every cell that it reads as a finite number. It
    fills short rows with nulls, drops a byte-order mark anywhere, and keeps lone
    carriage returns: all of that is left to the careful reader.

    Args:
        data: whole lines, without the header.
        layout: the columns.
    """
    quoted = b'"' in data
    if data.startswith(BYTE_ORDER_MARK) or _has_lone_returns(data, quoted):
        return None
    try:
        frame = pl.read_csv(data, has_header=False, schema=_schema(layout))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if not _is_complete(frame, data, layout, quoted):
        return None
    dimensions = [str(place) for place in layout.columns.dimensions]
    values = frame.select(dimensions).rechunk().to_numpy(order="c")
    if not np.isfinite(values).all():
        return None
    ids = frame.get_column(str(layout.columns.id_column))
    return RawTable(ids=ids.to_list(), values=values)


def _schema(layout: CsvLayout) -> dict[str, pl.DataType]:
    schema: dict[str, pl.DataType] = {
        str(place): pl.String() for place in range(layout.width)
    }
    return schema | {str(place): pl.Float32() for place in layout.columns.dimensions}


def _has_lone_returns(data: bytes, quoted: bool) -> bool:
    if b"\r" not in data:
        return False
    return quoted or data.count(b"\r") != data.count(b"\r\n")


def _is_complete(
    frame: pl.DataFrame, data: bytes, layout: CsvLayout, quoted: bool
) -> bool:
    """Tell whether every line is a row with an id and with all its cells.

    A cell that is missing shows up as null in a dimension. In a column that is left
    out it does not, so the commas are counted there.
    """
    if frame.get_column(str(layout.columns.id_column)).null_count():
        return False
    everything_used = len(layout.columns.dimensions) + 1 == layout.width
    if quoted:
        return everything_used
    lines = count_byte(data, b"\n") + (not data.endswith(b"\n"))
    if frame.height != lines:
        return False
    return everything_used or count_byte(data, b",") == lines * (layout.width - 1)


def count_byte(data: bytes, byte: bytes) -> int:
    """Return how often a byte occurs; ``bytes.count`` takes three times as long."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == byte[0]))
