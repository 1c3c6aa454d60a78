"""A challenge with two tasks, three folds and forty cubes, and files for it."""

import csv
import hashlib
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import select

from neucobench.server.challenges.create import create_challenge
from neucobench.server.submissions.queue import enqueue
from neucobench.server.tables import StoredFile, Submission, Team, User

IDS = [f"cube{number:03d}" for number in range(40)]
TASKS = ("crops", "nodata")
DIMS = 4

SUITE = """\
name = "tiny"
title = "Two tasks"
description = "For tests."
tasks = ["crops", "nodata"]
"""
PROTOCOL = """\
name = "tiny"
title = "Three folds"
description = "For tests."
source = "tests"
folds = 3
epochs = 2
batch_size = 16
learning_rate = 0.01
"""
BOARD = """\
name = "tiny"
title = "A small challenge"
description = "For tests."
suite = "tiny"
protocol = "tiny"
rule = "mean-q"

[[phases]]
name = "tiny-dev"
opens = 2020-01-01T00:00:00Z
closes = 2099-12-31T23:59:59Z
quota_total = 1000
counts = "best-public"
reveals = "everything"
private_submissions = true
dims = 64
max_upload_bytes = 1000000
failed_probes_allowed = 1
"""


def write_content(folder: Path) -> None:
    """Write the cards."""
    for place, text in (
        ("tasks/suites", SUITE),
        ("tasks/protocols", PROTOCOL),
        ("leaderboard/boards", BOARD),
    ):
        path = folder / place / "tiny.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_labels(folder: Path) -> Path:
    """Write the labels of both tasks and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    for task in TASKS:
        with (folder / f"{task}__regression.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label"])
            writer.writerows(zip(IDS, rng.random(len(IDS)), strict=True))
    return folder


def embeddings(seed: int) -> bytes:
    """Return an embedding file of standard normal vectors."""
    values = np.random.default_rng(seed).normal(size=(len(IDS), DIMS))
    lines = [",".join(["id", *map(str, range(DIMS))])]
    lines += [
        ",".join([name, *(f"{value:.4f}" for value in row)])
        for name, row in zip(IDS, values, strict=True)
    ]
    return "\n".join(lines).encode() + b"\n"


def open_challenge(context, labels: Path):
    """Make the challenge and return its one phase."""
    return create_challenge(context, "tiny", labels=write_labels(labels), actor="test")[
        0
    ]


def add_team(context, name: str) -> int:
    """Make a team with one member of the same name, and return the team's number."""
    with context.database.write() as session:
        team = Team(name=name, created=context.clock())
        member = User(name=name, role="participant", team=team, created=context.clock())
        session.add_all([team, member])
        session.flush()
        return team.id


def hand_in(context, phase, team: int, content: bytes, method: str = "method") -> str:
    """Accept a file as the server does after its checks, and return its id."""
    digest = hashlib.sha256(content).hexdigest()
    path = context.settings.upload(digest, ".csv")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    now = context.clock()
    with context.database.write() as session:
        if session.get(StoredFile, digest) is None:
            stored = StoredFile(
                digest=digest, ending=".csv", bytes=len(content), created=now
            )
            session.add(stored)
            session.flush()
        user = session.scalars(select(User.id).where(User.team_id == team)).first()
        submission = Submission(
            id=uuid4().hex,
            phase_id=phase.id,
            team_id=team,
            user_id=user,
            method=method,
            public=True,
            card={},
            file_digest=digest,
            file_name="file.csv",
            rows=len(IDS),
            dims=DIMS,
            bytes_per_vector=DIMS * 4,
            findings=[],
            status="queued",
            created=now,
        )
        session.add(submission)
        session.flush()
        enqueue(session, submission.id, now=now)
        return submission.id


def submission(context, id_: str) -> Submission:
    """Return a submission as it stands now."""
    with context.database.read() as session:
        return session.get_one(Submission, id_)
