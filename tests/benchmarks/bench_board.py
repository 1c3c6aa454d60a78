"""How long a board of 200 entries takes: intervals, and the server's, cold and kept.

Run it by hand: ``python tests/benchmarks/bench_board.py``.
"""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from neucobench.leaderboard.card import BoardCard, Phase
from neucobench.reports.board_view import board_view
from neucobench.scoring.comparisons import rank_intervals
from neucobench.scoring.influence import leave_one_out
from neucobench.scoring.intervals import drawn_scores, task_draws, task_points
from neucobench.scoring.quality import q_score
from neucobench.scoring.ranking import rank_entries
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import phase_of
from neucobench.server.clock import utc_now
from neucobench.server.context import open_context
from neucobench.server.settings import Settings
from neucobench.server.tables import (
    Challenge,
    ChallengePhase,
    Job,
    Score,
    StoredFile,
    Submission,
    Team,
    User,
)
from neucobench.tasks.card import suite

ENTRIES, FOLDS = 200, 40


def timed(title, act, *, times=1):
    """Print how long an act takes, and return what it gives."""
    start = time.perf_counter()
    for _ in range(times):
        found = act()
    print(f"{title:44s} {(time.perf_counter() - start) / times:10.6f} s")
    return found


def document(seed, tasks):
    """Return an evaluation document with made-up fold scores."""
    rng = np.random.default_rng(seed)
    scores = {task: rng.normal(0.5, 0.1) + rng.normal(0, 0.03, FOLDS) for task in tasks}
    return {
        "schema": "neucobench/evaluation/1",
        "method": f"method {seed}",
        "phase": "dev",
        "created": "2026-05-04T12:00:00Z",
        "suite": "neuco-11",
        "protocol": {"name": "neuco-1.1", "folds": FOLDS, "test_size": 0.1},
        "embeddings": {"file": "e.csv", "sha256": "0" * 64, "rows": 50, "dims": 4},
        "labels": {},
        "tasks": {
            task: {
                "type": "regression",
                "metric": "r2",
                "rows": 50,
                "scores": values.tolist(),
                "mean": float(values.mean()),
                "std": float(values.std()),
                "q": q_score(values),
                "seconds": 0.1,
            }
            for task, values in scores.items()
        },
        "mean_q": 0.0,
        "mean_score": 0.0,
        "findings": [],
        "failed": {},
        "software": {},
        "seconds": 1.0,
    }


def fill(context):
    """Write a phase with one scored submission of each of many teams."""
    now = utc_now()
    card = BoardCard(
        name="bench",
        title="Bench",
        description="d",
        suite="neuco-11",
        protocol="neuco-1.1",
        rule="weighted",
    )
    rules = Phase(
        name="dev",
        opens=datetime(2026, 1, 1, tzinfo=UTC),
        closes=datetime(2027, 1, 1, tzinfo=UTC),
        reveals="everything",
    )
    with context.database.write() as session:
        phase = ChallengePhase(
            key="dev",
            name="dev",
            settings=rules.model_dump(mode="json"),
            labels="l",
            ids="i",
            codes={},
        )
        session.add(
            Challenge(name="b", card=card.as_dict(), created=now, phases=[phase])
        )
        session.add(StoredFile(digest="0" * 64, ending=".csv", bytes=1, created=now))
        session.flush()
        for seed in range(ENTRIES):
            _submit(session, phase.id, seed, now)


def _submit(session, phase, seed, now):
    team = Team(name=f"team {seed}", created=now)
    user = User(name=f"user {seed}", role="participant", team=team, created=now)
    session.add(user)
    session.flush()
    id_ = f"{seed:032x}"
    session.add(
        Submission(
            id=id_,
            phase_id=phase,
            team_id=team.id,
            user_id=user.id,
            method=f"method {seed}",
            public=True,
            file_digest="0" * 64,
            file_name="e.csv",
            rows=50,
            dims=4,
            bytes_per_vector=16,
            status="scored",
            created=now,
        )
    )
    session.flush()
    job = Job(submission_id=id_, status="done", created=now)
    session.add(job)
    session.flush()
    session.add(
        Score(
            submission_id=id_,
            version=1,
            job_id=job.id,
            scorer="0",
            created=now,
            evaluation=document(seed, suite("neuco-11").tasks),
            mean_q=0.0,
        )
    )


def main():
    """Print the times."""
    rng = np.random.default_rng(0)
    q = rng.normal(0, 5, (ENTRIES, 12)) + rng.normal(0, 5, (ENTRIES, 1))
    names = [str(number) for number in range(ENTRIES)]
    ranks = rank_entries(q, names=names).ranks

    def intervals():
        everybody = np.ones(ENTRIES, dtype=np.bool_)
        points, weights = task_points(q, everybody, "weighted")
        drawn = drawn_scores(points, weights, task_draws(12, draws=10_000))
        return rank_intervals(drawn, ranks, tasks=12)

    timed("rank intervals, 200 x 12, 10,000 draws", intervals)
    timed("200 boards that lack one entry", lambda: leave_one_out(q, "weighted"))
    with tempfile.TemporaryDirectory() as folder:
        context = open_context(
            Settings(folder=Path(folder), database=f"sqlite:///{folder}/s.sqlite")
        )
        fill(context)
        phase = phase_of(context, "dev")
        found = timed("standing of 200 entries, cold", lambda: standing(context, phase))
        timed("the same, kept", lambda: standing(context, phase), times=10_000)
        timed("another rule", lambda: standing(context, phase, rule="borda"))
        timed("view of its page", lambda: board_view(found.board, Path(folder)))
        context.database.dispose()


if __name__ == "__main__":
    main()
