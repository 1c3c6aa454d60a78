"""What a report says about several evaluations, in the order it says it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.evaluation.result import Evaluation, TaskScore
from neucobench.findings import SYNTHETIC, SYNTHETIC_PREFIX
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.tasks.card import task_card, task_names

_NO_UNIT = "none"


@dataclass(frozen=True, kw_only=True)
class TaskTitle:
    """Say what people call a task.

    Attributes:
        name: the task's name.
        title: the card's title; the name where there is no card.
        question: the card's question, or nothing.
        unit: the unit of its labels, as it stands on an axis.
    """

    name: str
    title: str
    question: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class Method:
    """Hold one evaluation and its place.

    Attributes:
        label: the method's name; runs of one name are numbered.
        evaluation: what it scored.
        entry: its row on the board, or None when it is not ranked.
    """

    label: str
    evaluation: Evaluation
    entry: BoardEntry | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Hold everything the page needs, in reading order.

    Attributes:
        methods: best first; those without a rank come last.
        tasks: every task that was scored or failed, by name.
        synthetic: whether the cubes behind the numbers are made up.
    """

    methods: tuple[Method, ...]
    tasks: tuple[TaskTitle, ...]
    synthetic: bool

    @property
    def anything_noticed(self) -> bool:
        """Tell whether an evaluation has a finding or a failed task."""
        return any(
            method.evaluation.findings or method.evaluation.failed
            for method in self.methods
        )

    def scores(self, task: str) -> list[tuple[Method, TaskScore]]:
        """Return who was scored on ``task``, in the order of the methods."""
        return [
            (method, method.evaluation.tasks[task])
            for method in self.methods
            if task in method.evaluation.tasks
        ]

    def q(self) -> NDArray[np.float64]:
        """Return (methods, tasks) Q; NaN where there is none."""
        table = np.full((len(self.methods), len(self.tasks)), np.nan)
        for row, method in enumerate(self.methods):
            for column, task in enumerate(self.tasks):
                if task.name in method.evaluation.tasks:
                    table[row, column] = method.evaluation.tasks[task.name].q
        return table


def summarize(evaluations: Sequence[Evaluation], board: Board | None) -> Summary:
    """Return the evaluations in the order of the board, or of mean Q without one."""
    entries = {entry.method: entry for entry in board.entries} if board else {}
    places = {name: place for place, name in enumerate(entries)}
    newest = {item.method: item for item in sorted(evaluations, key=_created)}
    methods = [
        Method(
            label=label,
            evaluation=item,
            entry=entries.get(item.method) if newest[item.method] is item else None,
        )
        for label, item in zip(_labels(evaluations), evaluations, strict=True)
    ]

    def place(method: Method) -> tuple[int, float]:
        mean = method.evaluation.mean_q
        ranked = places[method.entry.method] if method.entry else len(places)
        return ranked, -mean if np.isfinite(mean) else np.inf

    return Summary(
        methods=tuple(sorted(methods, key=place)),
        tasks=tuple(task_title(name) for name in _task_names(evaluations)),
        synthetic=any(is_synthetic(item) for item in evaluations),
    )


def task_title(name: str) -> TaskTitle:
    """Return what the card of a task calls it, or its name where there is no card."""
    if name not in task_names():
        return TaskTitle(name=name, title=name, question="", unit="label units")
    card = task_card(name)
    return TaskTitle(
        name=name,
        title=card.title,
        question=card.question,
        unit="no unit" if card.unit == _NO_UNIT else card.unit,
    )


def is_synthetic(evaluation: Evaluation) -> bool:
    """Tell whether an evaluation rests on made-up cubes, by its ids or its findings."""
    if any(finding.code == SYNTHETIC for finding in evaluation.findings):
        return True
    tables = (evaluation.predictions or {}).values()
    return any(id_.startswith(SYNTHETIC_PREFIX) for item in tables for id_ in item.ids)


def _created(evaluation: Evaluation) -> str:
    return evaluation.created


def _labels(evaluations: Sequence[Evaluation]) -> list[str]:
    total = Counter(item.method for item in evaluations)
    seen: Counter[str] = Counter()
    labels = []
    for item in evaluations:
        seen[item.method] += 1
        several = total[item.method] > 1
        labels.append(
            f"{item.method} ({seen[item.method]})" if several else item.method
        )
    return labels


def _task_names(evaluations: Iterable[Evaluation]) -> list[str]:
    return sorted(
        {name for item in evaluations for name in (*item.tasks, *item.failed)}
    )
