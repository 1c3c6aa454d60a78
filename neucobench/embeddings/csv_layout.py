"""The first line of a CSV embedding file, and where its rows can be cut apart."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neucobench.embeddings import csv_text
from neucobench.embeddings.columns import ColumnChoice, choose_columns
from neucobench.errors import EmbeddingError

MAX_HEADER_BYTES = 16 * 2**20
MAX_ROW_BYTES = 512 * 2**20
WINDOW_BYTES = 2**16


@dataclass(frozen=True, kw_only=True)
class CsvLayout:
    """Describe an open CSV file.

    Attributes:
        path: the file, for messages.
        width: number of columns.
        columns: which of them are the id and the dimensions.
        start: offset of the first row after the header, in bytes.
        size: length of the file, in bytes.
    """

    path: Path
    width: int
    columns: ColumnChoice
    start: int
    size: int


def read_layout(descriptor: int, path: Path) -> CsvLayout:
    """Return the layout of an open file, from its header.

    Raises:
        EmbeddingError: when the first line is no header of an embedding file.
    """
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, WINDOW_BYTES, 0)
    csv_text.refuse_foreign(head, path, EmbeddingError)
    if not _line_end(head):
        head = os.pread(descriptor, MAX_HEADER_BYTES, 0)
    end = _line_end(head)
    if not end and size > len(head):
        raise EmbeddingError(
            f"{path}: the first line is longer than {MAX_HEADER_BYTES >> 20} MiB; it "
            "must be a header such as id,0,1,2. Is the file a CSV at all?"
        )
    line = head[:end] if end else head
    text = csv_text.decode(
        line.removeprefix(csv_text.BYTE_ORDER_MARK), path, EmbeddingError
    ).rstrip("\r\n")
    names = csv_text.split_header(text, path, EmbeddingError)
    columns = choose_columns(names, path)
    return CsvLayout(
        path=path, width=len(names), columns=columns, start=end or size, size=size
    )


def cut_rows(
    descriptor: int, layout: CsvLayout, block: int
) -> Iterator[tuple[int, int]]:
    """Yield the (start, stop) offsets of pieces that end with a line.

    A line end inside quotes is taken for one, too; the reader joins such pieces.

    Args:
        descriptor: the open file.
        layout: where the rows begin.
        block: length of a piece at least, in bytes.

    Raises:
        EmbeddingError: when a row is absurdly long.
    """
    start = layout.start
    while start < layout.size:
        stop = min(start + block, layout.size)
        while stop < layout.size:
            window = os.pread(descriptor, WINDOW_BYTES, stop)
            found = window.find(b"\n")
            stop += found + 1 if found >= 0 else len(window)
            if found >= 0 or not window:
                break
            if stop - start > block + MAX_ROW_BYTES:
                raise EmbeddingError(
                    f"{layout.path} has a row of more than {MAX_ROW_BYTES >> 20} MiB; "
                    "rows must end with a line feed. Is the file a CSV at all?"
                )
        yield start, stop
        start = stop


def _line_end(head: bytes) -> int:
    """Return the offset after the first line end (any of three), 0 without one."""
    newline, carriage = head.find(b"\n"), head.find(b"\r")
    if carriage >= 0 and (newline < 0 or carriage + 1 < newline):
        return carriage + 1
    return newline + 1
