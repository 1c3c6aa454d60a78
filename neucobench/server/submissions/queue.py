"""The queue: jobs in the database, taken in order, and ended exactly once each.

::

    queued ──claim──> running ──finish──> done       a score, the next version
      ^                  │ │ └───fail───> failed     a sentence for the team
      │                  │ └────────────> canceled   the team took it back
      └──release, crashed, recover──┘
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from neucobench.server.context import Context
from neucobench.server.submissions.endings import (
    INTERRUPTED,
    MOST_ATTEMPTS,
    MOST_CRASHES,
    crashed,
    fail,
    finish,
    lock,
    recover,
    release,
)
from neucobench.server.submissions.work import Claim, Work
from neucobench.server.tables import Job, Submission
from neucobench.server.tables.submissions import JobKind

__all__ = [
    "INTERRUPTED",
    "MOST_ATTEMPTS",
    "MOST_CRASHES",
    "Claim",
    "Health",
    "Work",
    "cancel",
    "claim",
    "crashed",
    "enqueue",
    "fail",
    "finish",
    "health",
    "lock",
    "position",
    "recover",
    "release",
]


@dataclass(frozen=True, kw_only=True)
class Health:
    """Hold how the queue is doing.

    Attributes:
        queued: jobs that wait.
        running: jobs that are being scored.
        oldest_queued_seconds: how long the first of the queue has waited; 0 when none.
    """

    queued: int
    running: int
    oldest_queued_seconds: float


def enqueue(
    session: Session, submission_id: str, *, now: datetime, kind: JobKind = "score"
) -> Job:
    """Add a job at the end of the queue, in the transaction that asks for it."""
    job = Job(submission_id=submission_id, kind=kind, status="queued", created=now)
    session.add(job)
    return job


def cancel(session: Session, submission_id: str, *, now: datetime) -> None:
    """End the unfinished jobs of a submission that was taken back."""
    session.execute(
        update(Job)
        .where(Job.submission_id == submission_id)
        .where(Job.status.in_(("queued", "running")))
        .values(status="canceled", finished=now)
    )


def claim(context: Context) -> Work | None:
    """Return the first job of the queue, which now runs; None when none waits."""
    queued = select(Job).where(Job.status == "queued").order_by(Job.id).limit(1)
    while True:
        with context.database.read() as session:
            # An idle server takes no lock: on SQLite a writer would wait for it.
            if session.scalar(queued) is None:
                return None
        with context.database.write() as session:
            first = session.scalar(queued)
            if first is None:
                return None
            submission = lock(session, first.submission_id)
            if submission.status == "withdrawn":
                cancel(session, submission.id, now=context.clock())
            elif _take(session, first.id, context.clock()):
                session.refresh(first)
                return _start(context, first, submission)


def _take(session: Session, job_id: int, now: datetime) -> bool:
    """Set a job to running; False when it is no longer queued."""
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.status == "queued")
        .values(status="running", attempt=Job.attempt + 1, started=now)
        .returning(Job.id)
    )
    return taken.scalar() is not None


def _start(context: Context, job: Job, submission: Submission) -> Work:
    if job.kind == "score":
        submission.status = "running"
        submission.started = submission.started or job.started
    phase, file = submission.phase, submission.file
    settings = context.settings
    # A worker may have been started in another folder.
    stored = settings.upload(file.digest, file.ending)
    return Work(
        job_id=job.id,
        attempt=job.attempt,
        submission_id=submission.id,
        file=stored.resolve(),
        labels=(settings.folder / phase.labels).resolve(),
        suite=phase.challenge.card["suite"],
        protocol=phase.challenge.card["protocol"],
        method=submission.method,
        phase=phase.name,
        failed_probes_allowed=phase.settings.get("failed_probes_allowed", 0),
    )


def position(session: Session, submission_id: str) -> int | None:
    """Return the place of a submission in the queue, from 1; None when it is not."""
    waiting = select(func.min(Job.id)).where(Job.status == "queued")
    own = session.scalar(waiting.where(Job.submission_id == submission_id))
    if own is None:
        return None
    ahead = select(func.count()).select_from(Job).where(Job.status == "queued")
    return (session.scalar(ahead.where(Job.id < own)) or 0) + 1


def health(context: Context) -> Health:
    """Return how many jobs wait and run, and for how long the first has waited."""
    with context.database.read() as session:
        rows = session.execute(
            select(Job.status, func.count().label("jobs"))
            .where(Job.status.in_(("queued", "running")))
            .group_by(Job.status)
        )
        counts = {row.status: row.jobs for row in rows}
        oldest = session.scalar(
            select(Job.created).where(Job.status == "queued").order_by(Job.id).limit(1)
        )
    waited = (context.clock() - oldest).total_seconds() if oldest else 0.0
    return Health(
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        oldest_queued_seconds=max(waited, 0.0),
    )
