"""The result of an evaluation: the values of ``evaluation.json``."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import ResultError
from neucobench.evaluation.document import check_document, read_json
from neucobench.findings import Finding
from neucobench.tasks.card import Metric, TaskType

SCHEMA = "neucobench/evaluation/1"
FILE_NAME = "evaluation.json"


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """Hold what a method scored on one task.

    Attributes:
        type: ``"regression"`` or ``"classification"``.
        metric: ``"r2"`` or ``"f1"``.
        rows: how many samples have both a label and an embedding.
        scores: (folds,) the metric on each fold's held-out rows; NaN for a fold without
            a score, where such are allowed.
        mean: mean over the folds that have a score.
        std: population standard deviation over folds.
        q: the quality score, at most 100.
        seconds: CPU seconds spent on the task.
    """

    type: TaskType
    metric: Metric
    rows: int
    scores: tuple[float, ...]
    mean: float
    std: float
    q: float
    seconds: float

    @property
    def known_scores(self) -> list[float | None]:
        """Return the scores as JSON and CSV have them; None for a fold without one."""
        return [value if math.isfinite(value) else None for value in self.scores]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Hold the held-out predictions of one task.

    Attributes:
        ids: (samples,) cube ids.
        true: (samples,) labels in the task's unit.
        predicted: (samples,) mean prediction over the folds that held the sample out,
            in the task's unit (a logit for classification); NaN where none did.
    """

    ids: tuple[str, ...]
    true: NDArray[np.float64]
    predicted: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Hold what ``evaluation.json`` says; see ``docs/files.md`` for the schema.

    ``predictions`` is not part of the JSON file; it is None for a result that was
    read from one.
    """

    method: str
    phase: str
    created: str
    suite: str | None
    protocol: Mapping[str, Any]
    embeddings: Mapping[str, Any]
    labels: Mapping[str, Mapping[str, Any]]
    tasks: Mapping[str, TaskScore]
    mean_q: float
    mean_score: float
    findings: tuple[Finding, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    predictions: Mapping[str, Predictions] | None = field(
        default=None, compare=False, repr=False
    )

    def as_dict(self) -> dict[str, Any]:
        """Return the document written to ``evaluation.json``."""
        return {
            "schema": SCHEMA,
            "method": self.method,
            "phase": self.phase,
            "created": self.created,
            "suite": self.suite,
            "protocol": dict(self.protocol),
            "embeddings": dict(self.embeddings),
            "labels": {task: dict(entry) for task, entry in self.labels.items()},
            "tasks": {task: _task_dict(score) for task, score in self.tasks.items()},
            "mean_q": self.mean_q,
            "mean_score": self.mean_score,
            "findings": [finding.as_dict() for finding in self.findings],
            "failed": dict(self.failed),
            "software": dict(self.software),
            "seconds": self.seconds,
        }


def _task_dict(score: TaskScore) -> dict[str, Any]:
    return {**asdict(score), "scores": score.known_scores}


def evaluation_from_dict(document: Mapping[str, Any], *, source: str) -> Evaluation:
    """Return an evaluation from the content of ``evaluation.json``.

    Args:
        document: the parsed JSON.
        source: what the message of an error calls it, usually the path.

    Raises:
        ResultError: when the schema is another one or a key is missing or misshapen.
    """
    if document.get("schema") != SCHEMA:
        raise ResultError(
            f"{source} has the schema {document.get('schema')!r}; {SCHEMA!r} is "
            "expected. Evaluate the embeddings again with this version."
        )
    content = {key: value for key, value in document.items() if key != "schema"}
    fields = check_document(content, source=source).model_dump()
    fields["tasks"] = {
        task: TaskScore(**{**score, "scores": tuple(score["scores"])})
        for task, score in fields["tasks"].items()
    }
    fields["findings"] = tuple(Finding(**item) for item in fields["findings"])
    return Evaluation(**fields)


def read_evaluation(path: Path | str) -> Evaluation:
    """Return the evaluation stored in a run folder or an ``evaluation.json`` file.

    Raises:
        ResultError: when there is none, or it is damaged.
    """
    path = Path(path)
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise ResultError(
            f"There is no evaluation at {path}; name a run folder that 'neucobench "
            f"evaluate' made, or its {FILE_NAME}."
        )
    return evaluation_from_dict(read_json(file), source=str(file))
