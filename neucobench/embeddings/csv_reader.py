"""CSV embedding files, read in pieces on all cores.

::

    file ──▶ header ──▶ pieces of whole lines ──▶ polars, in threads ──▶ joined in order
                                                     │ anything unusual
                                                     ▼
                                          cell by cell, with messages

The quick reader takes a piece only when every cell is a finite number, NaN or empty;
its result is then the careful reader's, which knows every rule of ``cells``. The first
piece with NaN goes to the careful reader all the same, since it can say what is there.
"""

import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from neucobench.embeddings.cells import CellJudge
from neucobench.embeddings.csv_layout import (
    MAX_ROW_BYTES,
    CsvLayout,
    cut_rows,
    read_layout,
)
from neucobench.embeddings.csv_quick import quick_rows
from neucobench.embeddings.csv_rows import careful_rows
from neucobench.embeddings.raw import RawTable
from neucobench.errors import EmbeddingError
from neucobench.machine import available_cores

BLOCK_BYTES = 16 * 2**20
MAX_THREADS = 4


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Hold what the quick reader made of a piece of the file.

    Attributes:
        start: offset of its first byte.
        stop: offset after its last one.
        cut_in_quotes: whether it ends inside a quoted cell.
        rows: its rows, or None when the careful reader must see it.
    """

    start: int
    stop: int
    cut_in_quotes: bool
    rows: RawTable | None


def read_csv(path: Path, *, strict: bool) -> RawTable:
    """Return the content of a CSV embedding file.

    Args:
        path: the file.
        strict: whether a cell without a number is an error.

    Raises:
        EmbeddingError: when the file is not an embedding file; the message names the
            row and the column where there is one.
    """
    with _opened(path) as descriptor:
        layout = read_layout(descriptor, path)
        judge = CellJudge(path, layout.columns.names, strict=strict)
        parts = list(_read_parts(descriptor, layout, judge))
    if not any(part.ids for part in parts):
        raise EmbeddingError(
            f"{path} has a header and no rows; an embedding file has one row for each "
            "cube. Write it again."
        )
    return RawTable(
        ids=[name for part in parts for name in part.ids],
        values=np.concatenate([part.values for part in parts]),
        findings=(*layout.columns.findings, *judge.findings()),
    )


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read_parts(
    descriptor: int, layout: CsvLayout, judge: CellJudge
) -> Iterator[RawTable]:
    """Yield the rows of all pieces, in order; join what was cut inside quotes."""
    done = 0
    start: int | None = None
    inside = False
    with closing(_parse_ahead(descriptor, layout)) as pieces:
        for piece in pieces:
            start = piece.start if start is None else start
            inside ^= piece.cut_in_quotes
            if inside and piece.stop - start > MAX_ROW_BYTES:
                break
            if inside:
                continue
            rows = piece.rows if start == piece.start else None
            if rows is None or (judge.wants_text and np.isnan(rows.values).any()):
                data = os.pread(descriptor, piece.stop - start, start)
                rows = careful_rows(data, layout, judge, first_row=done)
            judge.settle(rows.values, ids=rows.ids, first_row=done)
            done += len(rows.ids)
            start = None
            yield rows
    if inside:
        raise EmbeddingError(
            f"{layout.path}: a quote opens after row {done:,} and is never closed. Was "
            "the file cut off? Write it again."
        )


def _parse_ahead(descriptor: int, layout: CsvLayout) -> Generator[_Piece, None, None]:
    """Yield what the quick reader says, in order, a few pieces ahead of their use."""
    cuts = cut_rows(descriptor, layout, BLOCK_BYTES)
    threads = min(MAX_THREADS, available_cores())
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[_Piece]] = deque(
            pool.submit(_parse, descriptor, layout, start, stop)
            for start, stop in islice(cuts, threads + 1)
        )
        while waiting:
            yield waiting.popleft().result()
            for start, stop in islice(cuts, 1):
                waiting.append(pool.submit(_parse, descriptor, layout, start, stop))


def _parse(descriptor: int, layout: CsvLayout, start: int, stop: int) -> _Piece:
    data = os.pread(descriptor, stop - start, start)
    cut_in_quotes = b'"' in data and data.count(b'"') % 2 == 1
    return _Piece(
        start=start,
        stop=stop,
        cut_in_quotes=cut_in_quotes,
        rows=None if cut_in_quotes else quick_rows(data, layout),
    )
