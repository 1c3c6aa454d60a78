"""Submissions, the files behind them, the work they ask for, and their scores."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neucobench.server.tables.base import Base, Moment
from neucobench.server.tables.challenges import ChallengePhase
from neucobench.server.tables.people import Team, User

Status = Literal["queued", "running", "scored", "failed", "withdrawn"]
JobKind = Literal["score", "rescore"]
JobStatus = Literal["queued", "running", "done", "failed", "canceled"]


class StoredFile(Base):
    """Hold an uploaded file; equal files are stored once.

    The file is ``uploads/<first two of the digest>/<digest><ending>``.
    """

    __tablename__ = "files"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    ending: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int]
    created: Mapped[datetime] = mapped_column(Moment)


class Submission(Base):
    """Hold what a team handed in, and how far it has come.

    Attributes:
        id: 32 random hexadecimal digits; cannot be guessed.
        phase_id: its phase.
        team_id: its team; None for a baseline that a host entered.
        user_id: who handed it in.
        method: the method's name, 1 to 120 characters; markup in it is data.
        public: whether the board may show it.
        baseline: whether it is a baseline: outside quota and, unless the card says
            otherwise, outside the ranking.
        chosen: whether it is the team's choice, where the phase counts the chosen one.
        transductive: whether its encoder has seen the cubes that are scored.
        verified: whether a host has reproduced it.
        card: the method card: ``description``, ``code``, ``weights``,
            ``training_data``; each text or missing.
        file_digest: its file.
        file_name: what the participant called the file.
        rows: embeddings in the file.
        dims: dimensions of a vector.
        bytes_per_vector: as stored.
        findings: the findings of the check, ``Finding.as_dict`` each.
        status: queued, running, scored, failed or withdrawn.
        message: a sentence for the team; never about labels.
        host_message: what a host may know beyond it, or nothing.
        created: when it was accepted; decides which entry is the last one.
        started: when it was first being scored.
        scored: when its first score was stored; from then on it uses quota.
        withdrawn: when the team took it back.
    """

    __tablename__ = "submissions"
    __table_args__ = (Index("ix_submissions_phase_team", "phase_id", "team_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    phase_id: Mapped[int] = mapped_column(ForeignKey("phases.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    method: Mapped[str] = mapped_column(String(120))
    public: Mapped[bool]
    baseline: Mapped[bool] = mapped_column(default=False)
    chosen: Mapped[bool] = mapped_column(default=False)
    transductive: Mapped[bool] = mapped_column(default=False)
    verified: Mapped[bool] = mapped_column(default=False)
    card: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    file_digest: Mapped[str] = mapped_column(ForeignKey("files.digest"), index=True)
    file_name: Mapped[str] = mapped_column(String(255))
    rows: Mapped[int]
    dims: Mapped[int]
    bytes_per_vector: Mapped[int]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    status: Mapped[str] = mapped_column(String(16), default="queued", index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    host_message: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[datetime] = mapped_column(Moment, index=True)
    started: Mapped[datetime | None] = mapped_column(Moment)
    scored: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn: Mapped[datetime | None] = mapped_column(Moment)
    phase: Mapped[ChallengePhase] = relationship()
    team: Mapped[Team | None] = relationship()
    user: Mapped[User] = relationship()
    file: Mapped[StoredFile] = relationship()


class Job(Base):
    """Hold one piece of work: score a submission, or score it again.

    The database is the truth: a job is taken by setting ``status`` to running and
    ``attempt`` up by one, and its result counts only while both are unchanged.

    Attributes:
        id: the job's number; the queue is in this order.
        submission_id: what to score.
        kind: score or rescore.
        status: queued, running, done, failed or canceled.
        attempt: how often it was taken.
        crashes: how often a worker died under it.
        created: when it was asked for.
        started: when it was last taken.
        finished: when it ended.
        message: why it failed, as a sentence; for hosts.
    """

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="score")
    status: Mapped[str] = mapped_column(String(16), default="queued", index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(Moment)
    started: Mapped[datetime | None] = mapped_column(Moment)
    finished: Mapped[datetime | None] = mapped_column(Moment)
    message: Mapped[str] = mapped_column(Text, default="")
    submission: Mapped[Submission] = relationship()


class Score(Base):
    """Hold one version of a submission's score; versions are never overwritten.

    Attributes:
        id: the score's number.
        submission_id: whose score it is.
        version: 1 for the first, then one more for each ``rescore``; the newest counts.
        job_id: the job that made it; a job makes at most one.
        scorer: the version of NeuCo-Bench.
        created: when it was stored.
        evaluation: the whole ``evaluation.json``, fold scores included.
        mean_q: mean quality score over the tasks of the board; None where one failed.
    """

    __tablename__ = "scores"
    __table_args__ = (
        UniqueConstraint("submission_id", "version"),
        UniqueConstraint("job_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    version: Mapped[int]
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    scorer: Mapped[str] = mapped_column(String(40))
    created: Mapped[datetime] = mapped_column(Moment)
    evaluation: Mapped[dict[str, Any]] = mapped_column(JSON)
    mean_q: Mapped[float | None]
    submission: Mapped[Submission] = relationship()
