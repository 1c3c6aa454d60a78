"""Which columns of a table are the id, the dimensions, and neither.

As in NeuCo-Bench: columns whose name is all digits are the dimensions, in numeric
order, whether they count from 0 (NeuCo-Bench) or from 1 (TerraTorch). When there are
none, every column beside the id is one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neucobench.embeddings.ids import examples, some_of
from neucobench.errors import EmbeddingError
from neucobench.findings import Finding

MAX_COLUMNS = 100_000


@dataclass(frozen=True, kw_only=True)
class ColumnChoice:
    """Say where the id and the dimensions are.

    Attributes:
        id_column: position of the column ``id``.
        dimensions: (dims,) positions of the dimensions, in their order.
        names: (dims,) their names.
        findings: columns that are left out, and gaps in the numbering.
    """

    id_column: int
    dimensions: tuple[int, ...]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]


def choose_columns(columns: Sequence[str], path: Path) -> ColumnChoice:
    """Return the roles of the columns.

    Args:
        columns: all column names, in the order of the file.
        path: the file, for messages.

    Raises:
        EmbeddingError: when ``id`` is missing, a column is repeated, there is no
            dimension, or there are more than 100,000 columns.
    """
    if len(columns) > MAX_COLUMNS:
        raise EmbeddingError(
            f"{path} has {len(columns):,} columns; at most {MAX_COLUMNS:,} are read. "
            "An embedding file has one row for each cube and one column for each "
            "dimension; is it transposed?"
        )
    _refuse_repeated(columns, path)
    if "id" not in columns:
        raise EmbeddingError(_no_id(columns, path))
    id_column = columns.index("id")
    others = [place for place in range(len(columns)) if place != id_column]
    numbered = [place for place in others if is_number(columns[place])]
    dimensions = sorted(numbered, key=lambda place: _order(columns[place])) or others
    if not dimensions:
        raise EmbeddingError(
            f"{path} has the column 'id' and no other; an embedding file has one more "
            "column for each dimension (0, 1, 2, ...). Write it again with the vectors."
        )
    used = set(dimensions)
    left_out = [columns[place] for place in others if place not in used]
    names = tuple(columns[place] for place in dimensions)
    return ColumnChoice(
        id_column=id_column,
        dimensions=tuple(dimensions),
        names=names,
        findings=(*_left_out(left_out), *_gaps(names if numbered else ())),
    )


def is_number(name: str) -> bool:
    """Tell whether a column name is all digits."""
    return name.isascii() and name.isdigit()


def _order(name: str) -> tuple[int, str]:
    digits = name.lstrip("0")
    return len(digits), digits


def _refuse_repeated(columns: Sequence[str], path: Path) -> None:
    counts = Counter(_order(name) if is_number(name) else name for name in columns)
    if len(counts) == len(columns):
        return
    again = [
        name
        for name in dict.fromkeys(columns)
        if counts[_order(name) if is_number(name) else name] > 1
    ]
    raise EmbeddingError(
        f"{path} has columns that stand there twice ({examples(again)}); every column "
        "needs a name of its own. Rename or remove the copies."
    )


def _no_id(columns: Sequence[str], path: Path) -> str:
    near = [name for name in columns if name.strip().lower() in ("id", "ids")]
    if not any(columns):
        return f"{path} begins with an empty line; begin with the columns id, 0, 1, ..."
    if near:
        advice = f"Rename the column {near[0]!r} to 'id'."
    else:
        advice = "Name the column that holds the ids of the cubes 'id'."
    return (
        f"{path} has no column 'id'; its {len(columns):,} columns begin with "
        f"{examples(name[:40] for name in columns)}. {advice}"
    )


def _left_out(names: Sequence[str]) -> tuple[Finding, ...]:
    if not names:
        return ()
    what = "column is" if len(names) == 1 else "columns are"
    message = (
        f"{len(names):,} {what} left out, because other columns are numbered and only "
        f"those are dimensions: {some_of([name[:40] for name in names])}."
    )
    code = "ignored-columns"
    return (Finding(code=code, level="warning", message=message, count=len(names)),)


def _gaps(names: Sequence[str]) -> tuple[Finding, ...]:
    """Return a finding when numbers between the first and the last one are missing."""
    if not names or len(names[-1]) > 9:
        return ()
    counted_from = 0 if int(names[0]) == 0 else 1
    absent = int(names[-1]) - counted_from + 1 - len(names)
    if not absent:
        return ()
    message = (
        f"The numbered columns end at {names[-1]!r}, but there are {len(names):,} of "
        f"them: {absent:,} before it are missing, and the others moved up."
    )
    return (
        Finding(code="column-gaps", level="warning", message=message, count=absent),
    )
