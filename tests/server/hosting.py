"""A server with people, a challenge of three phases, and scores made up by the test."""

from dataclasses import dataclass
from pathlib import Path

from starlette.testclient import TestClient

from neucobench.data.sample import make_sample_world
from neucobench.evaluation.result import Evaluation, TaskScore
from neucobench.server.accounts.people import add_user
from neucobench.server.accounts.tokens import issue_token
from neucobench.server.app import create_app
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.challenges.create import create_challenge
from neucobench.server.context import Context
from neucobench.server.submissions import intake
from neucobench.server.submissions.inspect import Inspection
from neucobench.server.submissions.queue import claim, finish
from neucobench.tasks.card import suite

CUBES = 20
CHALLENGE = "quiz"
PEOPLE = {
    "root": ("admin", None),
    "hana": ("host", None),
    "ada": ("participant", "lovelace"),
    "ben": ("participant", "lovelace"),
    "bob": ("participant", "boole"),
}
_CARD = """
name = "quiz"
title = "A quiz"
description = "Three phases that reveal more and more."
suite = "full"
protocol = "neuco-1.1"
rule = "weighted"
baselines = ["random"]
"""
_PHASE = """
[[phases]]
name = "{name}"
opens = 2026-05-01T00:00:00Z
closes = 2026-05-31T23:59:59Z
quota_per_day = {per_day}
quota_total = {total}
counts = "best-public"
reveals = "{reveals}"
private_submissions = true
dims = 16
max_upload_bytes = 100_000
"""


def make_content(folder: Path, *, per_day: int = 1000, total: int = 5000) -> Path:
    """Write the card of the challenge below a content folder, and return that."""
    boards = folder / "leaderboard" / "boards"
    boards.mkdir(parents=True)
    phases = {"blind": "mean-q", "coded": "coded-tasks", "open": "everything"}
    parts = [
        _PHASE.format(name=name, reveals=reveals, per_day=per_day, total=total)
        for name, reveals in phases.items()
    ]
    (boards / f"{CHALLENGE}.toml").write_text(_CARD + "".join(parts))
    return folder


def make_labels(folder: Path) -> Path:
    """Make a small sample world and return its folder of labels."""
    make_sample_world(folder, cubes=CUBES, size=16)
    return folder / "labels"


@dataclass
class Hosted:
    """Hold a server with people and a challenge."""

    context: Context
    tokens: dict[str, str]
    ids: list[str]

    def __post_init__(self):
        self.app = create_app(self.context, dispatch=False)

    def client(self, name=None, **headers):
        """Return a client that asks as an account, or as nobody."""
        if name is not None:
            headers["authorization"] = f"Bearer {self.tokens[name]}"
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)

    def csv(self, *, ids=None, dims=4, shift=0.0):
        """Return an embedding file that the challenge accepts."""
        rows = [",".join(["id", *map(str, range(dims))])]
        for row, id_ in enumerate(self.ids if ids is None else ids):
            values = [f"{row * 0.5 + column + shift}" for column in range(dims)]
            rows.append(",".join([id_, *values]))
        return ("\n".join(rows) + "\n").encode()

    def hand_in(self, name, phase="blind", *, content=None, method="mine", **fields):
        """Send a file as an account, and return the answer."""
        content = self.csv() if content is None else content
        return self.client(name).post(
            f"/api/v1/phases/{phase}/submissions",
            files={"file": ("mine.csv", content)},
            data={"method": method, **fields},
        )

    def hand_in_as_nobody(self, phase="blind"):
        """Send a file without a token, and return the answer."""
        return self.client().post(
            f"/api/v1/phases/{phase}/submissions",
            files={"file": ("mine.csv", self.csv())},
            data={"method": "mine"},
        )

    def score(self, qs=None):
        """Give the first of the queue a score: Q for each task; return its id."""
        work = claim(self.context)
        assert finish(self.context, work, evaluation(work, qs))
        return work.submission_id


def take_every_file(monkeypatch):
    """Have no upload looked into: that takes a process, and half a second."""
    found = Inspection(findings=(), rows=CUBES, dims=4, bytes_per_vector=16)
    monkeypatch.setattr(intake, "inspect_file", lambda *_: found)


def evaluation(work, qs=None):
    """Return an ``evaluation.json`` with a given Q for each task."""
    tasks = suite("full").tasks
    qs = [10.0 + place for place in range(len(tasks))] if qs is None else qs
    scores = {
        task: TaskScore(
            type="regression", metric="r2", rows=20, scores=(q / 100, q / 100 + 0.01),
            mean=q / 100 + 0.005, std=0.005, q=q, seconds=0.1,
        )
        for task, q in zip(tasks, qs, strict=True)
    }  # fmt: skip
    mean = sum(qs) / len(tasks)
    return Evaluation(
        method=work.method,
        phase=work.phase,
        created="2026-05-04T12:00:00Z",
        suite="full",
        protocol={"name": "neuco-1.1"},
        embeddings={"file": "mine.csv", "sha256": "0" * 64, "rows": 20, "dims": 4},
        labels={
            task: {"file": f"{task}.csv", "sha256": "a" * 64, "rows": 20}
            for task in tasks
        },
        tasks=scores,
        mean_q=mean,
        mean_score=mean / 100,
        software={"neucobench": "0.0"},
        seconds=1.0,
    ).as_dict()


def hosted(context: Context, labels: Path) -> Hosted:
    """Return the server, after its content was put on the path."""
    tokens = {}
    for name, (role, team) in PEOPLE.items():
        add_user(context, name, team=team, role=role, actor=COMMAND_LINE)
        tokens[name] = issue_token(context, name)
    create_challenge(context, CHALLENGE, labels=labels, actor=COMMAND_LINE)
    ids = (context.settings.challenges / CHALLENGE / "blind" / "ids.txt").read_text()
    return Hosted(context=context, tokens=tokens, ids=ids.split())
