"""A phase on seven tasks, and submissions with scores that are written directly."""

from datetime import UTC, datetime
from itertools import count

import numpy as np
import pytest

from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.result import Evaluation, TaskScore
from neucobench.leaderboard.card import BoardCard, Phase
from neucobench.scoring.quality import q_score
from neucobench.server.challenges.phases import bump, phase_of
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

SUITE = "cvpr2025"
FOLDS = 5


def evaluation(method, level, *, seed=0, tasks=None, folds=FOLDS):
    """Return an evaluation whose fold scores scatter around a level."""
    rng = np.random.default_rng(seed)
    scores = {}
    for task in tasks or suite(SUITE).tasks:
        values = level + rng.normal(0, 0.03) + rng.normal(0, 0.02, folds)
        scores[task] = TaskScore(
            type="regression",
            metric="r2",
            rows=50,
            scores=tuple(values.tolist()),
            mean=float(values.mean()),
            std=float(values.std()),
            q=q_score(values),
            seconds=0.1,
        )
    return Evaluation(
        method=method,
        phase="dev",
        created="2026-05-04T12:00:00Z",
        suite=SUITE,
        protocol=protocol("neuco-1.1").resolved(),
        embeddings={"file": "e.csv", "sha256": "0" * 64, "rows": 50, "dims": 4},
        labels={
            task: {"file": f"{task}.csv", "sha256": "a" * 64, "rows": 50}
            for task in scores
        },
        tasks=scores,
        mean_q=float(np.mean([score.q for score in scores.values()])),
        mean_score=level,
    )


class Host:
    """Make a challenge with one phase, and what teams hand in to it.

    Args:
        context: the server's.
        clock: the movable one.
    """

    def __init__(self, context, clock):
        self.context = context
        self._clock = clock
        self._seeds = count()

    def open(self, **changes):
        """Make the challenge."""
        card = BoardCard(
            name="small",
            title="A small challenge",
            description="d",
            suite=SUITE,
            protocol="neuco-1.1",
            rule=changes.pop("rule", "weighted"),
            baselines=changes.pop("baselines", ("mean",)),
        )
        rules = Phase(
            name="dev",
            opens=datetime(2026, 1, 1, tzinfo=UTC),
            closes=datetime(2027, 1, 1, tzinfo=UTC),
            **{"reveals": "everything", **changes},
        )
        codes = {
            task: f"task-{number:02d}"
            for number, task in enumerate(reversed(suite(SUITE).tasks), start=1)
        }
        with self.context.database.write() as session:
            challenge = Challenge(
                name="small", card=card.as_dict(), created=self._clock()
            )
            challenge.phases = [
                ChallengePhase(
                    key="dev",
                    name="dev",
                    settings=rules.model_dump(mode="json"),
                    labels="labels",
                    ids="ids.txt",
                    codes=codes,
                )
            ]
            session.add_all(
                [
                    challenge,
                    StoredFile(
                        digest="0" * 64, ending=".csv", bytes=1, created=self._clock()
                    ),
                ]
            )
        return self

    @property
    def phase(self):
        """Return the phase as it stands now."""
        return phase_of(self.context, "dev")

    def submit(self, team, level, *, method=None, document=None, **changes):
        """Write a scored submission, a minute after the last one, and return its id."""
        self._clock.move(minutes=1)
        seed = next(self._seeds)
        method = method or f"{team}'s"
        with self.context.database.write() as session:
            submission = Submission(
                id=f"{seed:032x}",
                phase_id=1,
                user_id=self._user(session, team),
                team_id=None if changes.get("baseline") else self._team(session, team),
                method=method,
                **{
                    "public": True,
                    "status": "scored",
                    "card": {},
                    "findings": [],
                    **changes,
                },
                file_digest="0" * 64,
                file_name="e.csv",
                rows=50,
                dims=4,
                bytes_per_vector=16,
                created=self._clock(),
                scored=self._clock(),
            )
            session.add(submission)
            session.flush()
            self._score(
                session, submission.id, document or evaluation(method, level, seed=seed)
            )
            bump(session, 1)
            return submission.id

    def rescore(self, id_, level):
        """Add another version of a submission's score."""
        with self.context.database.write() as session:
            method = session.get_one(Submission, id_).method
            self._score(session, id_, evaluation(method, level), version=2)
            bump(session, 1)

    def change(self, id_, **values):
        """Change a submission."""
        with self.context.database.write() as session:
            submission = session.get_one(Submission, id_)
            for name, value in values.items():
                setattr(submission, name, value)
            bump(session, 1)

    def _score(self, session, id_, found, *, version=1):
        job = Job(submission_id=id_, status="done", created=self._clock())
        session.add(job)
        session.flush()
        session.add(
            Score(
                submission_id=id_,
                version=version,
                job_id=job.id,
                scorer="0",
                created=self._clock(),
                evaluation=found.as_dict(),
                mean_q=found.mean_q,
            )
        )

    def _team(self, session, name):
        return self._user_of(session, name).team_id

    def _user(self, session, name):
        return self._user_of(session, name).id

    def _user_of(self, session, name):
        found = session.query(User).filter_by(name=f"of {name}").one_or_none()
        if found is None:
            team = Team(name=name, created=self._clock())
            found = User(
                name=f"of {name}",
                role="participant",
                team=team,
                created=self._clock(),
            )
            session.add_all([team, found])
            session.flush()
        return found


@pytest.fixture
def host(sqlite_context, clock):
    """Return a host of an open challenge that reveals everything."""
    return Host(sqlite_context, clock).open()


@pytest.fixture
def open_host(sqlite_context, clock):
    """Return a function that makes a host of a challenge with other rules."""
    return lambda **changes: Host(sqlite_context, clock).open(**changes)


@pytest.fixture
def both_hosts(context, clock):
    """Return a host on each kind of database in turn."""
    return Host(context, clock).open()


@pytest.fixture(name="evaluation")
def make_evaluation():
    """Return the function that makes an evaluation."""
    return evaluation


@pytest.fixture
def evaluation_at():
    """Return what makes an evaluation at a level, always with the same scatter."""
    return lambda level: evaluation("m", level)
