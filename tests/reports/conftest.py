"""Made-up evaluations and boards, and a reader of the pages made from them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
import pytest

from neucobench.evaluation.result import Evaluation, Predictions, TaskScore
from neucobench.leaderboard.tables import Board, BoardEntry, TaskEntry, Unranked
from neucobench.scoring.quality import q_score

SETTINGS = {
    "epochs": 10,
    "learning_rate": 0.001,
    "batch_size": 64,
    "embedding_dim": None,
    "standardize": True,
    "scale_labels": True,
}
CLASSIFICATIONS = ("random_cls", "ships_presence")


def _score(task, mean, folds, rng):
    kind = "classification" if task in CLASSIFICATIONS else "regression"
    scores = rng.normal(mean, 0.03, folds)
    return TaskScore(
        type=kind,
        metric="f1" if kind == "classification" else "r2",
        rows=50,
        scores=tuple(scores.tolist()),
        mean=float(scores.mean()),
        std=float(scores.std()),
        q=q_score(scores),
        seconds=0.1,
    )


def _predictions(task, rng, prefix):
    true = rng.gamma(2, 20, 50)
    if task in CLASSIFICATIONS:
        true = (true > np.median(true)).astype(float)
    predicted = true + rng.normal(0, 1, 50)
    predicted[0] = np.nan
    ids = tuple(f"{prefix}{number:04d}" for number in range(50))
    return Predictions(ids=ids, true=true, predicted=predicted)


@pytest.fixture(scope="session")
def make_evaluation():
    """Return a function that makes an evaluation of a method."""

    def make(
        method="plain",
        mean=0.5,
        *,
        tasks=("crops", "ships_presence"),
        folds=8,
        seed=0,
        prefix="",
        predictions=True,
        **changes,
    ):
        rng = np.random.default_rng(seed)
        scores = {task: _score(task, mean, folds, rng) for task in tasks}
        known = {task: _predictions(task, rng, prefix) for task in tasks}
        fields = {
            "method": method,
            "phase": "results",
            "created": f"2026-11-20T04:00:{seed:02d}.123456Z",
            "suite": None,
            "protocol": {"name": "neuco-1.1", "folds": folds, **SETTINGS},
            "embeddings": {
                "file": f"{seed}.csv",
                "sha256": "ab" * 32,
                "rows": 50,
                "dims": 16,
            },
            "labels": {
                task: {"file": f"{task}__reg.csv", "sha256": "cd" * 32, "rows": 50}
                for task in tasks
            },
            "tasks": scores,
            "mean_q": float(np.mean([score.q for score in scores.values()])),
            "mean_score": mean,
            "software": {"neucobench": "0.1.0", "numpy": "1.26.4"},
            "seconds": 1.5,
            "predictions": known if predictions else None,
        }
        return Evaluation(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def make_board():
    """Return a function that makes a board of methods, given best first."""

    def make(methods=("one", "two"), *, tasks=("crops", "nodata"), **changes):
        entries = tuple(
            BoardEntry(
                rank=place,
                method=method,
                score=float(place),
                mean_q=20.0 - place,
                mean_score=0.5 / place,
                tasks={
                    task: TaskEntry(q=20.0 - place, rank=place, mean=0.5, std=0.03)
                    for task in tasks
                },
            )
            for place, method in enumerate(methods, start=1)
        )
        fields = {
            "board": None,
            "suite": None,
            "protocol": "neuco-1.1",
            "rule": "weighted",
            "tasks": tasks,
            "entries": entries,
            "weights": {task: 1 / len(tasks) for task in tasks},
            "unranked": (Unranked(method="partial", missing=(tasks[0],)),),
        }
        return Board(**{**fields, **changes})

    return make


@dataclass
class Page(HTMLParser):
    """Hold what a browser would see: tags with their attributes, and the text."""

    tags: list = field(default_factory=list)
    text: str = ""

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Keep the text."""
        self.text += data

    def values(self, *names):
        """Return the values of some attributes, on any tag."""
        return [
            value
            for _, attributes in self.tags
            for name, value in attributes.items()
            if name in names
        ]

    def count(self, tag):
        """Return how often a tag occurs."""
        return sum(found == tag for found, _ in self.tags)


@pytest.fixture(scope="session")
def read_page():
    """Return a function that parses a page."""

    def read(path):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        page.close()
        return page

    return read
