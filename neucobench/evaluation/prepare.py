"""Turn the joined samples of each task into what the probe takes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import TaskFailure
from neucobench.evaluation.fitness import (
    SMALLEST_VALIDATION,
    check_samples,
    map_classes,
    one_class_findings,
)
from neucobench.evaluation.join import JoinedTask, scale_labels
from neucobench.evaluation.protocol import Protocol
from neucobench.findings import Finding
from neucobench.probes.base import ProbeTask
from neucobench.tasks.card import task_card, task_names
from neucobench.tasks.labels import LabelTable
from neucobench.tasks.splits import Split, shuffle_split


@dataclass(frozen=True, kw_only=True)
class PreparedTask:
    """Hold one task, ready for the probe.

    Attributes:
        ids: (samples,) cube ids in label-file order.
        labels: (samples,) labels in the task's unit, or 0 and 1.
        probe: what the probe takes.
        failure: why the task cannot be scored, or None. The probe still runs on such a
            task, on labels of zero, because the reference draws random numbers for it
            and later tasks depend on them.
        findings: what is odd about its samples.
    """

    ids: tuple[str, ...]
    labels: NDArray[np.float64]
    probe: ProbeTask
    failure: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def draws(self) -> bool:
        """Tell whether the probe runs; where the reference crashes it does not.

        One held-out sample has no R2, which ends a run of the reference; it has an F1.
        """
        needed = SMALLEST_VALIDATION if self.probe.type == "regression" else 1
        sizes = [split.validation.size for split in self.probe.splits]
        return min(sizes, default=0) >= needed


def prepare_tasks(
    chosen: Mapping[str, LabelTable],
    joined: Mapping[str, JoinedTask],
    rules: Protocol,
) -> dict[str, PreparedTask]:
    """Return every chosen task, in order; those that cannot be scored say why."""
    return {
        task: _prepare_task(table, joined[task], rules)
        for task, table in chosen.items()
    }


def _prepare_task(
    table: LabelTable, joined: JoinedTask, rules: Protocol
) -> PreparedTask:
    splits: list[Split] = []
    findings: tuple[Finding, ...] = ()
    failure = None
    try:
        splits = _draw_splits(len(joined.ids), rules)
        labels = _check_labels(table, joined.labels)
        check_samples(table.type, labels, splits)
        seen = scale_labels(labels) if rules.scale_labels else _single(labels)
        if table.type == "classification":
            findings = one_class_findings(table.task, labels, splits)
    except TaskFailure as error:
        labels = joined.labels
        seen = np.zeros_like(labels)
        failure = str(error)
    probe = ProbeTask(
        name=table.task,
        type=table.type,
        rows=joined.rows,
        labels=seen.astype(np.float32),
        splits=splits,
    )
    return PreparedTask(
        ids=joined.ids,
        labels=labels,
        probe=probe,
        failure=failure,
        findings=findings,
    )


def _single(labels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return labels that are not scaled in single precision, as the probe takes them.

    Raises:
        TaskFailure: when one is beyond it.
    """
    with np.errstate(over="ignore"):
        single = labels.astype(np.float32)
    if not np.isfinite(single).all():
        raise TaskFailure(
            f"The label {np.abs(labels).max():g} is beyond float32 and the labels are "
            "not scaled; scale them (normalize_labels), or correct the label file."
        )
    return single


def _draw_splits(rows: int, rules: Protocol) -> list[Split]:
    """Return the folds; none when there are too few rows to hold one out.

    Raises:
        TaskFailure: when no row would be left to train on.
    """
    if rows < 2:
        return []
    return shuffle_split(
        rows, folds=rules.folds, test_size=rules.test_size, seed=rules.seed
    )


def _check_labels(
    table: LabelTable, labels: NDArray[np.float64]
) -> NDArray[np.float64]:
    card = task_card(table.task) if table.task in task_names() else None
    if card is not None and card.type != table.type:
        raise TaskFailure(
            f"{table.path.name} says {table.type}, the card of {table.task!r} says "
            f"{card.type}; rename the label file or correct the card."
        )
    if table.type == "regression":
        return labels
    return map_classes(labels, card.classes if card else None)
