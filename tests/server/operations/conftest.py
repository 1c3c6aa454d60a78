"""A server with something in it: teams, a challenge, uploads, scores, labels."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from neucobench.leaderboard.card import BoardCard, Phase
from neucobench.server.clock import utc_now
from neucobench.server.database.engine import Database
from neucobench.server.operations.rows import read_rows, stored_tables
from neucobench.server.settings import Settings
from neucobench.server.tables import (
    AccessToken,
    Announcement,
    Challenge,
    ChallengePhase,
    Job,
    Score,
    StoredFile,
    Submission,
    Team,
    User,
)

TASKS = ("crops", "nodata")
START = datetime(2026, 5, 1, 8, 30, 15, 123456, tzinfo=UTC)
LABELS = "id,label\na,0.25\nb,0.75\n"


def evaluation(method, qs, *, phase="test", suite="two", findings=()):
    """Return the content of an ``evaluation.json`` with these Q."""
    tasks = {
        task: {
            "type": "regression",
            "metric": "r2",
            "rows": 20,
            "scores": [q / 100, q / 100 + 0.01],
            "mean": q / 100 + 0.005,
            "std": 0.005,
            "q": q,
            "seconds": 0.5,
        }
        for task, q in zip(TASKS, qs, strict=True)
    }
    return {
        "schema": "neucobench/evaluation/1",
        "method": method,
        "phase": phase,
        "created": "2026-05-01T09:00:00Z",
        "suite": suite,
        "protocol": {"name": "neuco-1.1", "folds": 2, "learning_rate": 0.001},
        "embeddings": {"file": "x.csv", "sha256": "0" * 64, "rows": 20, "dims": 2},
        "labels": {
            task: {"file": f"{task}.csv", "sha256": f"{n}" * 64, "rows": 20}
            for n, task in enumerate(TASKS, 1)
        },
        "tasks": tasks,
        "mean_q": sum(qs) / len(qs),
        "mean_score": 0.1,
        "findings": list(findings),
        "failed": {},
        "software": {"neucobench": "0.1.0"},
        "seconds": 1.5,
    }


def phase_rules(**changes):
    """Return the rules of the phase ``test``."""
    settings = {
        "name": "test",
        "opens": "2026-05-01T00:00:00Z",
        "closes": "2026-05-31T23:59:59Z",
        "quota_total": 9,
        "reveals": "everything",
        "private_submissions": True,
        "dims": 4,
        **changes,
    }
    import json

    return Phase.model_validate_json(json.dumps(settings))


class Filled:
    """Fill a server through its tables."""

    def __init__(self, context):
        self.context = context
        self.numbers = iter(range(1, 1000))

    def challenge(self, name="water", **changes):
        rules = phase_rules(**changes)
        card = BoardCard(
            name=name,
            title="Water",
            description="How well embeddings describe water.",
            suite="two",
            protocol="neuco-1.1",
            rule="weighted",
            phases=(rules,),
        )
        place = Path("challenges") / name / "test"
        folder = self.context.settings.folder / place
        (folder / "labels").mkdir(parents=True)
        for task in TASKS:
            path = folder / "labels" / f"{task}__regr.csv"
            path.write_text(LABELS, encoding="utf-8")
        (folder / "ids.txt").write_text("a\nb\n", encoding="utf-8")
        with self.context.database.write() as session:
            challenge = Challenge(name=name, card=card.as_dict(), created=START)
            session.add(challenge)
            session.flush()
            phase = ChallengePhase(
                challenge_id=challenge.id,
                key="test",
                name="test",
                settings=rules.model_dump(mode="json"),
                labels=str(place / "labels"),
                ids=str(place / "ids.txt"),
                codes={"crops": "task-02", "nodata": "task-01"},
                closed=None,
                revision=3,
            )
            session.add(phase)
            session.add(
                Announcement(
                    challenge_id=challenge.id,
                    text="It is on. <b>Now</b>",
                    created=START,
                )
            )
            session.flush()
            return phase.id

    def submission(self, team, method, qs, *, phase_id=1, job="done", **changes):
        number = next(self.numbers)
        content = f"id,0,1\na,{number},2\nb,3,4\n".encode()
        digest = hashlib.sha256(content).hexdigest()
        path = self.context.settings.upload(digest, ".csv")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with self.context.database.write() as session:
            user = self._user(session, team)
            size = len(content)
            session.add(
                StoredFile(digest=digest, ending=".csv", bytes=size, created=START)
            )
            session.flush()
            found = Submission(
                id=f"{number:032x}",
                phase_id=phase_id,
                team_id=user.team_id,
                user_id=user.id,
                method=method,
                file_digest=digest,
                file_name="mine.csv",
                rows=2,
                dims=2,
                bytes_per_vector=8,
                created=START.replace(day=2 + number % 20),
                **{"public": True, "status": "scored", "scored": START, **changes},
            )
            session.add(found)
            session.flush()
            work = Job(submission_id=found.id, status=job, attempt=1, created=START)
            session.add(work)
            session.flush()
            if qs is not None:
                document = evaluation(method, qs)
                session.add(
                    Score(
                        submission_id=found.id,
                        version=1,
                        job_id=work.id,
                        scorer="0.1.0",
                        created=START,
                        evaluation=document,
                        mean_q=document["mean_q"],
                    )
                )
            return found.id

    def _user(self, session, team):
        known = session.scalar(select(User).where(User.name == f"{team}'s"))
        if known is not None:
            return known
        row = Team(name=team, created=START)
        session.add(row)
        session.flush()
        user = User(
            name=f"{team}'s",
            role="participant",
            team_id=row.id,
            password="$argon2id$not-a-hash",
            created=START,
        )
        session.add(user)
        session.flush()
        digest = hashlib.sha256(team.encode()).hexdigest()
        session.add(
            AccessToken(user_id=user.id, name="t", digest=digest, created=START)
        )
        return user


@pytest.fixture
def two_tasks(tmp_path, monkeypatch):
    """Make the suite ``two`` known, and the board ``water`` that ranks it."""
    content = tmp_path / "content"
    (content / "tasks" / "suites").mkdir(parents=True)
    (content / "leaderboard" / "boards").mkdir(parents=True)
    (content / "tasks" / "suites" / "two.toml").write_text(
        'name = "two"\ntitle = "Two"\ndescription = "Two tasks."\n'
        'tasks = ["crops", "nodata"]\n'
    )
    (content / "leaderboard" / "boards" / "water.toml").write_text(
        'name = "water"\ntitle = "Water"\ndescription = "Two tasks."\n'
        'suite = "two"\nprotocol = "neuco-1.1"\nrule = "weighted"\n'
    )
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    return content


def _fill(context):
    filled = Filled(context)
    filled.challenge()
    filled.submission("Ada", "first", (20.0, 10.5))
    filled.submission("=cmd|' /C calc'!A0", "<b>bold</b>", (10.0, 30.25))
    filled.submission("Ada", "waiting", None, status="running", job="running")
    return filled


@pytest.fixture
def filled(context):
    """Return a server with two teams and three submissions, on both databases."""
    return _fill(context)


@pytest.fixture
def filled_sqlite(sqlite_context):
    """Return the same on SQLite."""
    return _fill(sqlite_context)


@pytest.fixture
def settings_at(tmp_path):
    """Return a function that gives the settings of a server to be restored."""

    def settings(name, url=None):
        folder = tmp_path / name
        database = url or f"sqlite:///{folder / 'neucobench.sqlite'}"
        return Settings(folder=folder, database=database, clock=utc_now)

    return settings


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def other_url(request, tmp_path):
    """Return the URL of an empty database beside the server's, of either kind."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'other.sqlite'}"


@pytest.fixture
def rows_of():
    """Return a function that gives every row of a database, as text, by table."""

    def rows(url):
        database = Database(url)
        with database.engine.connect() as connection:
            found = {
                table.name: list(read_rows(connection, table))
                for table in stored_tables(connection)
            }
        database.dispose()
        return found

    return rows


@pytest.fixture
def make():
    """Return what fills a server, and the document of an evaluation."""
    return SimpleNamespace(Filled=Filled, evaluation=evaluation, rules=phase_rules)
