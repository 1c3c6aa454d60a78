"""Split label files into those of a dev and of a test phase, with a seed.

A cube goes to one side with all its labels, so that no test cube is known from the
dev phase. Cubes with labels for the same tasks, and of the same classes, are divided
evenly.
"""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from neucobench.atomic import whole_folder
from neucobench.errors import InputError, LabelError
from neucobench.tasks.labels import LabelTable, read_label_folder

_Kind = tuple[str, float | None]


@dataclass(frozen=True, kw_only=True)
class SplitSizes:
    """Hold how many labels of a task went where.

    Attributes:
        task: the task.
        dev: labels of the dev phase.
        test: labels of the test phase.
    """

    task: str
    dev: int
    test: int


def split_labels(
    labels: Path, *, dev: Path, test: Path, share: float = 0.5, seed: int = 0
) -> list[SplitSizes]:
    """Write two folders of label files; the same seed gives the same two.

    Args:
        labels: a folder of label files.
        dev: the folder to make for the dev phase.
        test: the folder to make for the test phase.
        share: how much of the cubes go to the dev phase, between 0 and 1.
        seed: chooses the cubes.

    Raises:
        LabelError: when the labels cannot be used, or a task would have none on one
            side.
        InputError: when the share is out of range, or a folder exists.
    """
    if not 0 < share < 1:
        raise InputError(f"The share is {share}; give a number between 0 and 1.")
    for folder in (dev, test):
        if folder.exists():
            raise InputError(f"{folder} exists already; name a folder to be made.")
    tables = read_label_folder(labels)
    chosen = choose_cubes(tables.values(), share=share, seed=seed)
    sizes = [_sizes(table, chosen) for table in tables.values()]
    with ExitStack() as stack:
        for folder, wanted in ((dev, True), (test, False)):
            hidden = stack.enter_context(whole_folder(folder))
            hidden.chmod(0o700)
            for table in tables.values():
                _write(table, chosen, hidden, wanted=wanted)
    return sizes


def choose_cubes(
    tables: Iterable[LabelTable], *, share: float, seed: int
) -> frozenset[str]:
    """Return the ids of the cubes that go to the dev phase.

    One after the other, each cube goes to the side on which its kinds (the tasks it
    has labels for, and its classes) are further behind their share. Cubes of the
    rarest kind come first, and the seed orders those of one kind.
    """
    kinds = _kinds(tables)
    sizes = Counter(kind for own in kinds.values() for kind in own)
    order = sorted(
        kinds,
        key=lambda name: (min(sizes[k] for k in kinds[name]), _drawn(seed, name)),
    )
    dev, test = Counter[_Kind](), Counter[_Kind]()
    chosen = []
    for name in order:
        behind = sum(
            (test[kind] / (1 - share) - dev[kind] / share) / sizes[kind]
            for kind in kinds[name]
        )
        side = dev if behind > 0 or (behind == 0 and share >= 0.5) else test
        side.update(kinds[name])
        if side is dev:
            chosen.append(name)
    return frozenset(chosen)


def _kinds(tables: Iterable[LabelTable]) -> dict[str, list[_Kind]]:
    """Return what is known of each cube; all are of one kind, too."""
    found: dict[str, list[_Kind]] = {}
    for table in sorted(tables, key=lambda table: table.task):
        classes = table.type == "classification"
        for name, value in zip(table.ids, table.values.tolist(), strict=True):
            own = found.setdefault(name, [("", None)])
            own.append((table.task, value if classes else None))
    return found


def _drawn(seed: int, name: str) -> bytes:
    """Return a digest to sort by: the same on every machine, and for every version."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()


def _sizes(table: LabelTable, chosen: frozenset[str]) -> SplitSizes:
    dev = sum(name in chosen for name in table.ids)
    sizes = SplitSizes(task=table.task, dev=dev, test=len(table.ids) - dev)
    if not (sizes.dev and sizes.test):
        raise LabelError(
            f"{table.path} has {len(table.ids):,} labels, {sizes.dev:,} of which would "
            "go to the dev phase; both phases need some. Take another share or seed, "
            "or leave the task out."
        )
    return sizes


def _write(
    table: LabelTable, chosen: frozenset[str], folder: Path, *, wanted: bool
) -> None:
    path = folder / table.path.name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "label"))
        writer.writerows(
            (name, _number(value))
            for name, value in zip(table.ids, table.values.tolist(), strict=True)
            if (name in chosen) == wanted
        )


def _number(value: float) -> str:
    """Return the shortest text that is read back to the same number."""
    return repr(value).removesuffix(".0")
