"""A challenge for the benchmark of the server: as many ids and entries as wanted."""

import os
from datetime import UTC, datetime, timedelta

import numpy as np

BOARD = "load"
CARD = """
name = "load"
title = "Under load"
description = "What a server stands."
suite = "full"
protocol = "neuco-1.1"
rule = "weighted"

[[phases]]
name = "load"
opens = 2025-01-01T00:00:00Z
closes = 2099-12-31T23:59:59Z
reveals = "everything"
dims = 1024
max_upload_bytes = 100_000_000
"""
FOLDS = 40
LABELED = 100


def embedding_file(rows):
    """Return a CSV file of ``rows`` vectors, about ten bytes for each number."""
    draw = np.random.default_rng(0)
    lines = [",".join(["id", *map(str, range(1024))])]
    for row in range(rows):
        cells = ",".join(f"{value:.7f}" for value in draw.uniform(0, 1, 1024))
        lines.append(f"c{row:06d},{cells}")
    return ("\n".join(lines) + "\n").encode()


def prepare(folder, *, ids):
    """Return the context of a server with the challenge, whose cards lie beside it."""
    from neucobench.server.challenges.create import create_challenge
    from neucobench.server.context import open_folder
    from neucobench.tasks.card import suite

    labels = folder / "labels"
    os.environ["NEUCOBENCH_PATH"] = str(folder)
    (folder / "leaderboard/boards").mkdir(parents=True)
    labels.mkdir()
    (folder / "leaderboard/boards/load.toml").write_text(CARD)
    names = [f"c{row:06d}" for row in range(ids)]
    draw = np.random.default_rng(1)
    for task in suite("full").tasks:
        classes = task in ("random_cls", "ships_presence")
        rows = [
            f"{name},{int(value > 0.5) if classes else value}"
            for name, value in zip(
                names[:LABELED], draw.uniform(0, 1, ids), strict=False
            )
        ]
        kind = "classification" if classes else "regression"
        text = "\n".join(["id,label", *rows]) + "\n"
        (labels / f"{task}__{kind}.csv").write_text(text)
    (folder / "ids.txt").write_text("\n".join(names) + "\n")
    context = open_folder(folder / "server")
    create_challenge(
        context, BOARD, labels=labels, ids=folder / "ids.txt", actor="benchmark"
    )
    return context


def member(context):
    """Return the token of a member of a team."""
    from neucobench.server.accounts.people import add_user
    from neucobench.server.accounts.tokens import issue_token

    add_user(context, "member", team="team", actor="command line")
    return issue_token(context, "member")


def fill(context, entries):
    """Add entries with a score, one of each team."""
    from neucobench.server.challenges.phases import bump
    from neucobench.server.tables import (
        Job,
        Score,
        StoredFile,
        Submission,
        Team,
        User,
    )

    draw = np.random.default_rng(2)
    now = datetime.now(UTC) - timedelta(days=1)
    with context.database.write() as session:
        session.add(User(name="all", role="host", created=now))
        session.add(StoredFile(digest="0" * 64, ending=".csv", bytes=1, created=now))
        session.flush()
        for number in range(entries):
            team = Team(name=f"Team {number}", created=now)
            session.add(team)
            session.flush()
            document = evaluation(f"Method {number}", draw)
            id_ = f"{number:032x}"
            session.add(
                Submission(
                    id=id_, phase_id=1, team_id=team.id, user_id=1, public=True,
                    method=f"Method {number}", file_digest="0" * 64, file_name="m.csv",
                    rows=200, dims=1024, bytes_per_vector=4096, status="scored",
                    created=now, scored=now,
                )
            )  # fmt: skip
            job = Job(submission_id=id_, status="done", attempt=1, created=now)
            session.add(job)
            session.flush()
            session.add(
                Score(
                    submission_id=id_, version=1, job_id=job.id, scorer="0",
                    created=now, evaluation=document, mean_q=document["mean_q"],
                )
            )  # fmt: skip
        bump(session, 1)


def evaluation(method, draw):
    """Return an ``evaluation.json`` with scores that were drawn."""
    from neucobench.evaluation.result import Evaluation, TaskScore
    from neucobench.tasks.card import suite

    level = draw.normal(0.3, 0.1)
    tasks = {}
    for task in suite("full").tasks:
        folds = draw.normal(level, 0.05, FOLDS)
        tasks[task] = TaskScore(
            type="regression", metric="r2", rows=LABELED, scores=tuple(folds.tolist()),
            mean=float(folds.mean()), std=float(folds.std()),
            q=float(100 * folds.mean()), seconds=0.1,
        )  # fmt: skip
    mean = float(np.mean([score.q for score in tasks.values()]))
    return Evaluation(
        method=method,
        phase="load",
        created="2026-01-01T00:00:00Z",
        suite="full",
        protocol={"name": "neuco-1.1", "folds": FOLDS},
        embeddings={"file": "m.csv", "sha256": "0" * 64, "rows": 200, "dims": 1024},
        labels={
            task: {"file": "x", "sha256": "a" * 64, "rows": LABELED} for task in tasks
        },
        tasks=tasks,
        mean_q=mean,
        mean_score=mean / 100,
        software={"neucobench": "0"},
    ).as_dict()
