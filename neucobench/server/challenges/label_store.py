"""Label files on their way to where only workers read them.

::

    --labels DIR ──read and check──> PhaseLabels ──copy──> challenges/<name>/<phase>/
                                                           ├── labels/   folders 0700
                                                           └── ids.txt   files 0600
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from neucobench.embeddings.id_list import read_id_list
from neucobench.errors import InputError, LabelError
from neucobench.evaluation.select import select_tasks
from neucobench.leaderboard.card import BoardCard
from neucobench.tasks.labels import LabelTable, read_label_folder

LABELS = "labels"
IDS = "ids.txt"


@dataclass(frozen=True, kw_only=True)
class PhaseLabels:
    """Hold the labels of one phase, read and found usable.

    Attributes:
        phase: the phase's name on the card.
        files: every label file of its folder; those beyond the suite are kept, since
            the protocol standardizes over the cubes of all of them.
        tasks: the tasks of the suite.
        ids: the ids that a submission must cover, sorted or as the list has them.
    """

    phase: str
    files: tuple[Path, ...]
    tasks: tuple[str, ...]
    ids: tuple[str, ...]


def read_phase_labels(
    card: BoardCard, folder: Path, *, ids: Path | None
) -> list[PhaseLabels]:
    """Return the labels of every phase of a card.

    Args:
        card: the board's card.
        folder: label files of all phases; ``folder/<phase>/``, where it exists, has
            those of that phase instead.
        ids: the public list of the phases' cubes; None takes the labeled ones. A
            phase's own folder may hold its own list, ``folder/<phase>/ids.txt``.

    Raises:
        LabelError: when a file cannot be used, a task of the suite has none, or a
            labeled cube is missing from the list.
        InputError: when the list cannot be read.
    """
    read: dict[Path, dict[str, LabelTable]] = {}
    found = []
    for phase in card.phases:
        own = folder / phase.name
        source = own if own.is_dir() else folder
        tables = read.setdefault(source, {}) or read_label_folder(source)
        read[source] = tables
        listed = source / IDS if source == own and (own / IDS).is_file() else ids
        found.append(
            PhaseLabels(
                phase=phase.name,
                files=tuple(table.path for table in tables.values()),
                tasks=tuple(_suite_tasks(tables, card, source)),
                ids=_ids_to_cover(tables, listed),
            )
        )
    return found


def store_phase_labels(found: PhaseLabels, folder: Path) -> None:
    """Copy a phase's labels and its ids below a new folder, for the server's eyes.

    Raises:
        InputError: when an id has a line break or spaces around it.
    """
    folder.mkdir(mode=0o700)
    labels = folder / LABELS
    labels.mkdir(mode=0o700)
    for path in found.files:
        _write_private(labels / path.name, path.read_bytes())
    ids = folder / IDS
    _write_private(ids, "".join(f"{name}\n" for name in found.ids).encode("utf-8"))
    if read_id_list(ids) != found.ids:
        raise InputError(
            "An id holds a line break, has spaces around it or is the word id; the ids "
            "of a challenge stand one in each line. Rename the cube in the label files."
        )


def _suite_tasks(
    tables: dict[str, LabelTable], card: BoardCard, folder: Path
) -> Iterable[str]:
    try:
        return select_tasks(tables, suite=card.suite, tasks=None)
    except LabelError as error:
        raise LabelError(f"{folder}: {error}") from error


def _ids_to_cover(tables: dict[str, LabelTable], ids: Path | None) -> tuple[str, ...]:
    labeled = frozenset[str]().union(*(table.ids for table in tables.values()))
    if ids is None:
        return tuple(sorted(labeled))
    listed = read_id_list(ids)
    missing = sorted(labeled.difference(listed))
    if missing:
        raise LabelError(
            f"{ids} lacks {len(missing):,} of {len(labeled):,} labeled cubes, e.g. "
            f"{missing[0]!r}; the list must have every one of them. Add them, or take "
            "their labels out."
        )
    return listed


def _write_private(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
