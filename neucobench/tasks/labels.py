"""Label files: ``<task>__<type>.csv`` with the columns ``id`` and ``label``."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.csv_text import require_file
from neucobench.embeddings.ids import bare_ids, check_ids, some_of
from neucobench.errors import LabelError
from neucobench.findings import Finding
from neucobench.tasks.card import TaskType, card_aliases, task_card
from neucobench.tasks.label_rows import LabelRows, read_rows

MAX_BYTES = 2**28
TYPES: dict[str, TaskType] = {
    "regression": "regression",
    "regr": "regression",
    "reg": "regression",
    "classification": "classification",
    "cls": "classification",
}


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """Hold the labels of one task.

    Attributes:
        task: the task's name.
        type: regression or classification.
        ids: (rows,) ids of the labeled cubes, in the order of the file.
        values: (rows,) float64 labels as the file states them, finite.
        path: the file.
        sha256: the digest of the file.
        findings: what the reader noticed.
    """

    task: str
    type: TaskType
    ids: tuple[str, ...]
    values: NDArray[np.float64]
    path: Path
    sha256: str
    findings: tuple[Finding, ...] = ()


def read_label_file(path: Path | str) -> LabelTable:
    """Return the labels in one file.

    The file's name says the task and the type; a name that a task card lists among
    its aliases stands for that task. Rows with an empty label are skipped, which is a
    finding.

    Args:
        path: a file named ``<task>__<type>.csv``.

    Raises:
        LabelError: when the name is of another form, the file is missing or no label
            file, an id is repeated, or a label is not a finite number.
    """
    return _read(Path(path), card_aliases())


def read_label_folder(folder: Path | str) -> dict[str, LabelTable]:
    """Return the labels of every task in a folder, sorted by task.

    Hidden files and files that do not end in ``.csv`` are passed over.

    Raises:
        LabelError: when the folder is missing or has no label file, two files are of
            one task, or a file cannot be used.
    """
    folder = Path(folder)
    aliases = card_aliases()
    found: dict[str, LabelTable] = {}
    for path in _label_paths(folder):
        table = _read(path, aliases)
        other = found.setdefault(table.task, table)
        if other is not table:
            raise LabelError(
                f"{other.path} and {path} are both labels of the task {table.task!r}; "
                "a task has one label file. Remove one of them."
            )
    return dict(sorted(found.items()))


def _label_paths(folder: Path) -> list[Path]:
    if not folder.exists():
        raise LabelError(f"The label folder {folder} does not exist; check the path.")
    if not folder.is_dir():
        raise LabelError(
            f"{folder} is a file; give the folder that holds it and the other label "
            "files."
        )
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".csv" and not path.name.startswith(".")
    )
    if not paths:
        inner = folder / "labels"
        advice = f"Did you mean {inner}?" if inner.is_dir() else "Add one per task."
        raise LabelError(
            f"{folder} has no label files; they are named <task>__<type>.csv, e.g. "
            f"crops__regression.csv. {advice}"
        )
    return paths


def _read(path: Path, aliases: Mapping[str, str]) -> LabelTable:
    task, kind = _split_name(path, aliases)
    require_file(path, LabelError)
    if path.stat().st_size > MAX_BYTES:
        raise LabelError(
            f"{path} is larger than {MAX_BYTES >> 20} MiB; a label file has two short "
            "columns, id and label. Is it an embedding file?"
        )
    data = path.read_bytes()
    rows = read_rows(data, path)
    ids = bare_ids(rows.ids)
    check_ids((*ids, *bare_ids(rows.skipped)), path=path, error=LabelError)
    if not ids:
        raise LabelError(
            f"{path} holds no label; below the header, each row is an id and a number. "
            "Add them, or move the file out of the label folder."
        )
    return LabelTable(
        task=task,
        type=kind,
        ids=ids,
        values=rows.values,
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        findings=_findings(task, rows),
    )


def _split_name(path: Path, aliases: Mapping[str, str]) -> tuple[str, TaskType]:
    """Return task and type; the stem is split at its first ``__``."""
    if path.stem in aliases:
        task = aliases[path.stem]
        return task, task_card(task).type
    name, _, kind = path.stem.partition("__")
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        # So Python reads bytes of a file name that are not UTF-8.
        raise LabelError(
            f"The name of {path} is not UTF-8 text, so it names no task. Rename it, or "
            "move it out of the label folder."
        )
    if not name or kind.lower() not in TYPES:
        raise LabelError(
            f"{path} is not named like a label file; the form is <task>__<type>.csv "
            f"with one of the types {', '.join(TYPES)}, e.g. crops__regression.csv. "
            "Rename it, or move it out of the label folder."
        )
    return aliases.get(name, name), TYPES[kind.lower()]


def _findings(task: str, rows: LabelRows) -> tuple[Finding, ...]:
    findings = []
    if rows.skipped:
        count = len(rows.skipped)
        message = (
            f"{count:,} of {count + len(rows.ids):,} rows have an empty label and are "
            f"skipped: {some_of(rows.skipped)}."
        )
        findings.append(
            Finding(
                code="empty-labels",
                level="info",
                message=message,
                task=task,
                count=count,
            )
        )
    if rows.ignored:
        message = (
            "Only the columns id and label are read; the others are not: "
            f"{some_of(rows.ignored)}."
        )
        findings.append(
            Finding(
                code="ignored-columns",
                level="info",
                message=message,
                task=task,
                count=len(rows.ignored),
            )
        )
    return tuple(findings)
