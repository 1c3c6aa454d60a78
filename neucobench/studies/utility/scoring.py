"""Scores of tables, kept by what was scored and how."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neucobench import __version__
from neucobench.atomic import write_text
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import ResultError
from neucobench.evaluation.folder import safe_name
from neucobench.evaluation.protocol import Protocol
from neucobench.evaluation.protocol import protocol as load_protocol
from neucobench.evaluation.result import Evaluation, read_evaluation
from neucobench.evaluation.run import evaluate
from neucobench.evaluation.select import select_tasks
from neucobench.studies.utility.request import UtilityRequest
from neucobench.tasks.labels import LabelTable, read_label_folder

FOLDER = "scores"
PHASE = "utility"
_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Score tables on the tasks of a study; what was scored before is read back.

    Attributes:
        folder: where the scores are kept, one JSON file each.
        labels: every label table, by task.
        rules: the protocol.
        suite: a suite's name, or None.
        tasks: narrows the choice, or None.
    """

    folder: Path
    labels: Mapping[str, LabelTable]
    rules: Protocol
    suite: str | None
    tasks: tuple[str, ...] | None

    def score(self, table: EmbeddingTable, name: str) -> Evaluation:
        """Return what a table scores.

        Args:
            table: the vectors.
            name: what it is called in the result.

        Raises:
            InputError: when no task can be scored.
        """
        path = self.folder / f"{safe_name(name)}-{self._digest(table)}.json"
        try:
            return replace(read_evaluation(path), method=name)
        except ResultError:
            pass
        found = evaluate(
            replace(table, name=name),
            labels=self.labels,
            suite=self.suite,
            protocol=self.rules,
            tasks=self.tasks,
            phase=PHASE,
        )
        text = json.dumps(found.as_dict(), indent=2, allow_nan=False)
        write_text(path, f"{text}\n")
        return found

    def _digest(self, table: EmbeddingTable) -> str:
        about = {
            "neucobench": __version__,
            "protocol": self.rules.resolved(),
            "suite": self.suite,
            "tasks": self.tasks,
            "labels": {task: item.sha256 for task, item in self.labels.items()},
            "ids": table.ids,
        }
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        digest.update(np.ascontiguousarray(table.values).tobytes())
        return digest.hexdigest()[:_DIGITS]


def open_scorer(request: UtilityRequest) -> Scorer:
    """Return what scores the tables of a study.

    Raises:
        UnknownNameError: when the protocol, the suite or a task is not known.
        LabelError: when the labels cannot be used.
    """
    labels = read_label_folder(request.labels)
    select_tasks(labels, suite=request.suite, tasks=request.tasks)
    return Scorer(
        folder=request.out / FOLDER,
        labels=labels,
        rules=load_protocol(request.protocol),
        suite=request.suite,
        tasks=request.tasks,
    )
