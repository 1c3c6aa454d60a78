"""What a cell of an embedding file may hold, and what becomes of one that may not.

Text, NaN and an empty cell become 0 and are counted, as in NeuCo-Bench; in the strict
mode they are errors. Infinite cells and cells beyond float32 are errors in both: one
of them would turn every standardized embedding into NaN.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import EmbeddingError
from neucobench.findings import Finding

BLANKS = " \t\n\r\v\f"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE | re.ASCII)


def cell_value(cell: str) -> float:
    """Return the number that a text cell holds, NaN when it holds none.

    The numbers are those of pandas: decimal, with spaces around them allowed, without
    digit groups, hexadecimal, or the words for true and false.
    """
    text = cell.strip(BLANKS)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text)
    return float("nan")


class CellJudge:
    """Decide about the cells of one file that are not finite numbers.

    Args:
        path: the file, for messages.
        names: (dims,) the column names, in the order of the dimensions; None where
            columns have no names but their position.
        strict: whether a cell without a number is an error.
    """

    def __init__(
        self, path: Path, names: Sequence[str] | None, *, strict: bool
    ) -> None:
        self.path = path
        self.names = names
        self.strict = strict
        self.count = 0
        self.first = ""

    @property
    def wants_text(self) -> bool:
        """Whether the next cell without a number ends up in a message."""
        return self.strict or not self.count

    def settle(
        self,
        values: NDArray[np.float32],
        *,
        ids: Sequence[str],
        first_row: int,
        text: Callable[[int, int], str] | None = None,
    ) -> None:
        """Set NaN to 0 in place and remember how many there were.

        Args:
            values: (rows, dims).
            ids: (rows,) ids of these rows.
            first_row: rows of the file before these.
            text: returns what the file says at (row, dimension), for messages.

        Raises:
            EmbeddingError: on an infinite cell; on NaN in the strict mode.
        """
        if np.isfinite(values).all():
            return
        infinite = np.argwhere(np.isinf(values))
        if infinite.size:
            row, column = infinite[0].tolist()
            said = text(row, column) if text else str(values[row, column])
            raise EmbeddingError(
                f"{self.where(row, column, ids, first_row)} holds {said[:40]!r}, "
                "which is infinite or beyond float32; cells must be finite numbers. "
                "Correct the encoder, or drop the row."
            )
        missing = np.argwhere(np.isnan(values))
        row, column = missing[0].tolist()
        said = text(row, column) if text else "NaN"
        where = f"{self.where(row, column, ids, first_row)} holds {said[:40]!r}"
        if self.strict:
            raise EmbeddingError(
                f"{where}; every cell must be a finite number here. Correct the "
                "encoder, or drop the row."
            )
        self.first = self.first or where
        self.count += len(missing)
        values[np.isnan(values)] = 0

    def findings(self) -> tuple[Finding, ...]:
        """Return what was set to 0, as a finding."""
        if not self.count:
            return ()
        cells = "cell holds" if self.count == 1 else "cells hold"
        message = (
            f"{self.count:,} {cells} no number (empty, NaN or text) and became 0. "
            f"The first: {self.first}."
        )
        code = "cells-set-to-zero"
        return (Finding(code=code, level="warning", message=message, count=self.count),)

    def where(self, row: int, column: int, ids: Sequence[str], first_row: int) -> str:
        """Return where a cell is, for a message."""
        name = self.names[column] if self.names else str(column)
        number = first_row + row + 1
        return f"{self.path}: row {number:,} (id {ids[row]!r}), column {name!r}"


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers as contiguous float32; what does not fit becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)
