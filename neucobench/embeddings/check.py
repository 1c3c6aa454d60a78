"""Findings about an embedding table, before anyone submits it."""

from collections.abc import Callable, Collection, Mapping

from neucobench.embeddings.ids import some_of
from neucobench.embeddings.storage import bytes_per_vector, storage_name
from neucobench.embeddings.table import EmbeddingTable
from neucobench.embeddings.vectors import vector_findings
from neucobench.findings import Finding, Level

_ENDINGS = (".zarr.zip", ".zarr", ".zip", ".tif", ".tiff", ".npy", ".npz", ".nc", ".h5")


def check_table(
    table: EmbeddingTable,
    *,
    expected_ids: Collection[str] | None = None,
    label_ids: Mapping[str, Collection[str]] | None = None,
    dims: int | None = None,
    max_bytes: int | None = None,
    name_ids: bool = True,
    hidden_rows: bool = False,
) -> list[Finding]:
    """Return what is to be said about a table beside its reader's own findings.

    Args:
        table: the embeddings.
        expected_ids: the cubes that must have an embedding.
        label_ids: task to the ids of its labeled cubes.
        dims: the width that a protocol or a challenge asks for.
        max_bytes: the most bytes that one vector may take.
        name_ids: whether findings about expected ids name any.
        hidden_rows: whether it is a secret which of the rows are scored.
    """
    findings = _check_width(table, dims) + _check_bytes(table, max_bytes)
    if expected_ids is not None:
        findings += _check_expected(table, set(expected_ids), name_ids=name_ids)
    if label_ids is not None:
        findings += _check_labels(table, label_ids)
    return findings + vector_findings(table, hidden_rows=hidden_rows)


def likely_cause(
    ids: Collection[str], known: Collection[str], *, name_ids: bool = True
) -> str | None:
    """Return a sentence about why ids do not match, None when no reason is seen.

    Args:
        ids: the ids of the embeddings.
        known: the ids they should have.
        name_ids: whether the sentence gives an example.
    """
    strange, missing = set(ids) - set(known), set(known) - set(ids)
    if not strange or not missing:
        return None
    best: tuple[int, str] = (0, "")
    for reduce, sentence in _REASONS:
        originals = {reduce(name): name for name in missing}
        pairs = [
            (name, originals[reduce(name)])
            for name in strange
            if reduce(name) in originals
        ]
        if len(pairs) > best[0]:
            found, wanted = min(pairs)
            example = f" ({found!r}, not {wanted!r})" if name_ids else ""
            best = len(pairs), sentence.format(example=example)
    if best[0]:
        return best[1]
    if strange <= {str(number) for number in range(len(ids) + 1)}:
        return "The ids are row numbers; write the names of the cubes instead."
    return None


def _without_path(name: str) -> str:
    """Return the last part of a path, without the ending of a file."""
    name = name.replace("\\", "/").rpartition("/")[2]
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _without_zeros(name: str) -> str:
    """Return what is left of digits after they were a number."""
    return name.removesuffix(".0").lstrip("0")


_PATH = "The ids hold a path or a file's ending{example}; write the cubes' bare names."
_ZEROS = (
    "The ids were numbers on the way, which took zeros off their front{example}; read "
    "them as text, e.g. dtype={{'id': str}}."
)
_SPACES = "There are spaces around the ids{example}; remove them."
_CASE = "Upper and lower case differ{example}; write the ids as the cubes are named."
_REASONS: tuple[tuple[Callable[[str], str], str], ...] = (
    (_without_path, _PATH),
    (_without_zeros, _ZEROS),
    (str.strip, _SPACES),
    (str.casefold, _CASE),
)


def _check_width(table: EmbeddingTable, dims: int | None) -> list[Finding]:
    if dims is None or table.dims == dims:
        return []
    if table.dims > dims:
        message = (
            f"The vectors have {table.dims:,} dimensions; at most {dims:,} are taken. "
            "Reduce them."
        )
        return [Finding(code="too-wide", level="error", message=message)]
    message = (
        f"The vectors have {table.dims:,} dimensions of {dims:,}; zeros fill the rest."
    )
    count = dims - table.dims
    return [Finding(code="narrower", level="info", message=message, count=count)]


def _check_bytes(table: EmbeddingTable, limit: int | None) -> list[Finding]:
    if limit is None or (size := bytes_per_vector(table)) <= limit:
        return []
    message = (
        f"A vector takes {size:,} bytes ({table.dims:,} dimensions as "
        f"{storage_name(table)}); at most {limit:,} are taken. Store the vectors in "
        "fewer bytes (float16, int8 or binary), or reduce their dimensions."
    )
    return [Finding(code="too-many-bytes", level="error", message=message)]


def _check_expected(
    table: EmbeddingTable, expected: set[str], *, name_ids: bool
) -> list[Finding]:
    cause = likely_cause(table.ids, expected, name_ids=name_ids)
    missing = sorted(expected.difference(table.ids))
    unknown = [name for name in table.ids if name not in expected]
    findings = []
    if missing:
        message = (
            f"{len(missing):,} of {len(expected):,} cubes have no embedding"
            f"{_examples(missing, name_ids)}. {cause or 'Encode them, too.'}"
        )
        findings.append(_finding("missing-ids", "error", message, len(missing)))
    if unknown:
        message = (
            f"{len(unknown):,} of {table.rows:,} embeddings belong to none of the "
            f"cubes{_examples(unknown, name_ids)}. {cause or 'They are not used.'}"
        )
        findings.append(_finding("unknown-ids", "warning", message, len(unknown)))
    return findings


def _examples(ids: Collection[str], name_ids: bool) -> str:
    return f": {some_of(ids)}" if name_ids else ""


def _check_labels(
    table: EmbeddingTable, label_ids: Mapping[str, Collection[str]]
) -> list[Finding]:
    labeled = {name for ids in label_ids.values() for name in ids}
    cause = likely_cause(table.ids, labeled)
    have = set(table.ids)
    findings = [
        _check_task(task, ids, have, cause) for task, ids in sorted(label_ids.items())
    ]
    unused = [name for name in table.ids if name not in labeled]
    if unused:
        message = (
            f"{len(unused):,} of {table.rows:,} embeddings have no label in any file "
            f"and are not used: {some_of(unused)}.{f' {cause}' if cause else ''}"
        )
        level: Level = "warning" if cause else "info"
        findings.append(_finding("unlabeled-ids", level, message, len(unused)))
    return findings


def _check_task(
    task: str, ids: Collection[str], have: set[str], cause: str | None
) -> Finding:
    missing = sorted(set(ids) - have)
    level: Level = "info"
    message = f"All {len(ids):,} labeled cubes have an embedding."
    if missing:
        message = (
            f"{len(missing):,} of {len(ids):,} labeled cubes have no embedding: "
            f"{some_of(missing)}. {cause or 'Encode them, too.'}"
        )
        level = "error" if len(missing) == len(ids) else "warning"
    return Finding(
        code="missing-ids" if missing else "full-coverage",
        level=level,
        message=message,
        task=task,
        count=len(missing) if missing else len(ids),
    )


def _finding(code: str, level: Level, message: str, count: int) -> Finding:
    return Finding(code=code, level=level, message=message, count=count)
