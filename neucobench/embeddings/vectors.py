"""What looks wrong about the vectors of a table, whatever their ids are."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.ids import examples
from neucobench.embeddings.table import EmbeddingTable
from neucobench.findings import Finding, Level

# Far below what float32 holds, since squares are summed. A file that stays below it can
# be standardized whichever of its rows have a label, so that none fails for a label.
LARGEST = 1e12
HUGE_NORM = 100
DOMINANT_SHARE = 0.9


def vector_findings(
    table: EmbeddingTable, *, hidden_rows: bool = False
) -> list[Finding]:
    """Return findings about rows and columns that carry no, or too much, weight.

    Args:
        table: the embeddings; (samples, dims).
        hidden_rows: whether it is a secret which rows are scored; values that could
            make some selections of rows fail, and others not, are errors then.
    """
    if table.rows > 1 and (table.values == table.values[0]).all():
        message = (
            f"All {table.rows:,} vectors are the same; they say nothing about the "
            "cubes. Check that the encoder reads its input."
        )
        return [
            Finding(
                code="same-vector", level="error", message=message, count=table.rows
            )
        ]
    zero = ~table.values.any(axis=1)
    return [
        *_huge_values(table.values, hidden_rows=hidden_rows),
        *_zero_rows(table.ids, zero),
        *_duplicate_rows(table, zero),
        *_huge_rows(table),
        *_constant_columns(table.values),
        *_dominant_column(table.values),
    ]


def _huge_values(values: NDArray[np.float32], *, hidden_rows: bool) -> list[Finding]:
    """Find values whose squares may not fit float32."""
    largest = float(max(values.max(), -values.min())) if values.size else 0.0
    if not largest > LARGEST:
        return []
    message = (
        f"The vectors have values up to {largest:.0e}; values up to {LARGEST:.0e} can "
        "be standardized in any selection of rows. Correct the encoder, or scale the "
        "embeddings."
    )
    level: Level = "error" if hidden_rows else "warning"
    return [Finding(code="huge-values", level=level, message=message)]


def _zero_rows(ids: Sequence[str], zero: NDArray[np.bool_]) -> list[Finding]:
    rows = np.flatnonzero(zero).tolist()
    if not rows:
        return []
    message = (
        f"{_count(len(rows), 'vector')} {_are(len(rows))} all zeros "
        f"({examples(ids[row] for row in rows)}). Were these cubes encoded?"
    )
    return [_warning("zero-rows", message, len(rows))]


def _duplicate_rows(table: EmbeddingTable, zero: NDArray[np.bool_]) -> list[Finding]:
    digests = [hash(row.tobytes()) for row in table.values]
    counts = Counter(digests)
    rows = [
        row
        for row, digest in enumerate(digests)
        if counts[digest] > 1 and not zero[row]
    ]
    if not rows:
        return []
    message = (
        f"{_count(len(rows), 'vector')} equal the vector of another cube "
        f"({examples(table.ids[row] for row in rows)}). Different cubes rarely have "
        "the same; was one of them encoded twice?"
    )
    return [_warning("duplicate-rows", message, len(rows))]


def _huge_rows(table: EmbeddingTable) -> list[Finding]:
    """Find rows that decide the scale of all, since one deviation serves the table."""
    norms = np.sqrt(np.einsum("ij,ij->i", table.values, table.values, dtype=float))
    median = float(np.median(norms))
    rows = np.flatnonzero(norms > HUGE_NORM * median).tolist() if median else []
    if not rows:
        return []
    message = (
        f"{_count(len(rows), 'vector')} {_are(len(rows))} more than {HUGE_NORM} times "
        f"as long as the median ({examples(table.ids[row] for row in rows)}). One "
        "deviation standardizes the whole table, so they press all others together."
    )
    return [_warning("huge-rows", message, len(rows))]


def _constant_columns(values: NDArray[np.float32]) -> list[Finding]:
    constant = np.flatnonzero(values.min(axis=0) == values.max(axis=0)).tolist()
    if not constant or len(values) == 1:
        return []
    what = "dimension is" if len(constant) == 1 else "dimensions are"
    message = (
        f"{len(constant):,} of {values.shape[1]:,} {what} the same in every row "
        f"(numbers {', '.join(map(str, constant[:3]))}"
        f"{', ...' if len(constant) > 3 else ''}, counted from 0)."
    )
    return [
        Finding(
            code="constant-columns", level="info", message=message, count=len(constant)
        )
    ]


def _dominant_column(values: NDArray[np.float32]) -> list[Finding]:
    """Find a dimension beside which the others vanish after standardization."""
    variances = values.var(axis=0, dtype=float)
    total = float(variances.sum())
    place = int(variances.argmax())
    if values.shape[1] < 8 or not total or variances[place] < DOMINANT_SHARE * total:
        return []
    message = (
        f"Dimension {place} (counted from 0) holds {variances[place] / total:.0%} of "
        "the variance. One deviation standardizes the whole table, so the probe hardly "
        "sees the others; scale the dimensions alike."
    )
    return [_warning("dominant-column", message, 1)]


def _warning(code: str, message: str, count: int) -> Finding:
    return Finding(code=code, level="warning", message=message, count=count)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
