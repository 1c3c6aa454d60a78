"""What boards are made of: results as they come in, a board as it goes out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neucobench.findings import Finding
from neucobench.leaderboard.certainty import Certainty
from neucobench.leaderboard.values import LARGEST_SCORE

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "neucobench/board/1"


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """Hold what one method scored on one task, as far as its result says.

    Attributes:
        q: the quality score; NaN when it has none.
        mean: mean over folds, or None when it is not known.
        std: population standard deviation over folds, or None.
        rows: how many samples were scored, or None.
        labels: the digest of the label file, or None.
        scores: (folds,) the metric on each fold, NaN where a probe failed; empty when
            they are not known.
    """

    q: float
    mean: float | None = None
    std: float | None = None
    rows: int | None = None
    labels: str | None = None
    scores: tuple[float, ...] = ()

    @property
    def scored(self) -> bool:
        """Return whether there is a score to rank by."""
        return abs(self.q) <= LARGEST_SCORE


@dataclass(frozen=True, kw_only=True)
class Result:
    """Hold one run of a method, ours or upstream's.

    Attributes:
        method: the method's name.
        phase: the phase it was run in.
        created: when; None when it is not known.
        tasks: the scores.
        protocol: the protocol's name, or None when it is not known.
        settings: the protocol's settings without its name, or None.
        failed: tasks that could not be scored.
        path: the file it was read from.
        ours: whether that file is an ``evaluation.json``.
        synthetic: whether it was scored on made-up cubes, as far as its result says.
    """

    method: str
    phase: str
    created: datetime | None
    tasks: Mapping[str, TaskResult]
    protocol: str | None
    settings: Mapping[str, Any] | None
    failed: tuple[str, ...] = ()
    path: Path
    ours: bool
    synthetic: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """Hold one entry's score and rank on one task.

    Attributes:
        q: the quality score.
        rank: 1 is best; for an entry outside the ranking, the rank it would take.
        mean: mean over folds, or None.
        std: population standard deviation over folds, or None.
    """

    q: float
    rank: int
    mean: float | None
    std: float | None


@dataclass(frozen=True, kw_only=True)
class BoardEntry:
    """Hold one row of a board.

    Attributes:
        rank: 1 is best, ties share the minimum; None for a baseline.
        rank_interval: the ranks that are likely, or None when nothing is known.
        method: the method's name.
        score: the rule's own figure; None where a challenge does not reveal it.
        mean_q: mean quality score over the board's tasks.
        mean_score: mean of R2 and F1 over the board's tasks, or None.
        tasks: the scores per task; none where a challenge does not reveal them.
        baseline: whether it is a baseline.
        evaluation: its ``evaluation.json``, or None.
    """

    rank: int | None
    rank_interval: tuple[int, int] | None = None
    method: str
    score: float | None
    mean_q: float
    mean_score: float | None
    tasks: Mapping[str, TaskEntry]
    baseline: bool = False
    evaluation: Path | None = None

    def as_dict(self, folder: Path) -> dict[str, Any]:
        """Return the entry as it stands in a ``board.json`` inside ``folder``."""
        interval = self.rank_interval
        return {
            "rank": self.rank,
            "rank_interval": None if interval is None else list(interval),
            "method": self.method,
            "score": self.score,
            "mean_q": self.mean_q,
            "mean_score": self.mean_score,
            "tasks": {
                task: {
                    "q": item.q,
                    "rank": item.rank,
                    "mean": item.mean,
                    "std": item.std,
                }
                for task, item in self.tasks.items()
            },
            "baseline": self.baseline,
            "evaluation": _relative(self.evaluation, folder),
        }


@dataclass(frozen=True, kw_only=True)
class Unranked:
    """Name a method that lacks a score, and the tasks it lacks."""

    method: str
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the method as it stands in ``board.json``."""
        return {"method": self.method, "missing": list(self.missing)}


@dataclass(frozen=True, kw_only=True)
class Board:
    """Hold a board: entries in order, best first.

    Attributes:
        board: the name of its card, or None.
        suite: the name of its suite, or None.
        protocol: the protocol of all its results, or None when they differ.
        rule: how scores became ranks.
        tasks: the tasks that it ranks, sorted.
        entries: its rows; baselines stand where their score puts them.
        weights: of the tasks, or None under a rule without weights and where a
            challenge does not reveal them.
        unranked: methods that lack a score.
        findings: what a reader of the board should know.
        certainty: its intervals and groups; None before they were made.
    """

    board: str | None
    suite: str | None
    protocol: str | None
    rule: str
    tasks: tuple[str, ...]
    entries: tuple[BoardEntry, ...]
    weights: Mapping[str, float] | None
    unranked: tuple[Unranked, ...] = ()
    findings: tuple[Finding, ...] = ()
    certainty: Certainty | None = None

    def as_dict(self, folder: Path | str = ".") -> dict[str, Any]:
        """Return the document written to ``board.json``.

        Args:
            folder: the board's folder, from which it points to the evaluations.
        """
        return {
            "schema": SCHEMA,
            "board": self.board,
            "suite": self.suite,
            "protocol": self.protocol,
            "rule": self.rule,
            "entries": [entry.as_dict(Path(folder)) for entry in self.entries],
            "weights": None if self.weights is None else dict(self.weights),
            "unranked": [item.as_dict() for item in self.unranked],
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return a pandas table with the columns of ``board.csv``, a row per entry."""
        import pandas as pd

        rows = [
            {
                "rank": entry.rank,
                "method": entry.method,
                "score": entry.score,
                "mean_q": entry.mean_q,
                "mean_score": entry.mean_score,
                **{f"q::{task}": entry.tasks[task].q for task in self.tasks},
            }
            for entry in self.entries
        ]
        return pd.DataFrame(rows).astype({"rank": "Int64"} if rows else {})


def _relative(path: Path | None, folder: Path) -> str | None:
    if path is None:
        return None
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
