"""How a job stops running: with a score, with a sentence, or back in the queue.

A result counts only while its job is still running under the same attempt; what
comes later, from a worker that was thought dead or a server that was killed, is
dropped. Every transaction locks the submission first, then the job, then the phase.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from neucobench.server.challenges.phases import bump
from neucobench.server.context import Context
from neucobench.server.submissions.work import Claim
from neucobench.server.tables import Job, Score, Submission
from neucobench.server.tables.submissions import JobStatus

MOST_ATTEMPTS = 20
MOST_CRASHES = 3
INTERRUPTED = (
    "The scoring of this file was interrupted again and again, which is not the file's "
    "fault; tell the host, who can have it scored again. It used no quota."
)
CRASHED = (
    f"The scoring process died {MOST_CRASHES} times over this file, most likely for "
    "want of memory. Hand in fewer dimensions, or ask the host. It used no quota."
)


def finish(context: Context, work: Claim, evaluation: Mapping[str, Any]) -> bool:
    """Store a score; False when it came too late to count.

    Args:
        context: the server's.
        work: what was scored.
        evaluation: the content of ``evaluation.json``.
    """
    with context.database.write() as session:
        now = context.clock()
        submission = _leave(session, work, to="done", now=now)
        if submission is None:
            return False
        session.add(
            Score(
                submission_id=submission.id,
                version=_last_version(session, submission.id) + 1,
                job_id=work.job_id,
                scorer=evaluation["software"]["neucobench"],
                created=now,
                evaluation=dict(evaluation),
                mean_q=_whole_mean(evaluation),
            )
        )
        submission.status = "scored"
        submission.scored = submission.scored or now
        submission.message = submission.host_message = ""
        bump(session, submission.phase_id)
        return True


def fail(context: Context, work: Claim, *, message: str, host_message: str) -> bool:
    """End a job without a score; False when it came too late to count.

    A submission that has a score keeps it: only the job has failed.

    Args:
        context: the server's.
        work: what was to be scored.
        message: a sentence for the team, which never depends on a label.
        host_message: what hosts may know.
    """
    with context.database.write() as session:
        now = context.clock()
        submission = _leave(session, work, to="failed", now=now, why=host_message)
        if submission is not None and submission.status == "running":
            submission.status = "failed"
            submission.message = message
            submission.host_message = host_message
        return submission is not None


def crashed(context: Context, work: Claim) -> bool:
    """Queue a job again whose worker died; the third time, fail it."""
    with context.database.write() as session:
        crashes = session.execute(
            update(Job)
            .where(Job.id == work.job_id, Job.attempt == work.attempt)
            .where(Job.status == "running")
            .values(crashes=Job.crashes + 1)
            .returning(Job.crashes)
        ).scalar()
    if crashes is None:
        return False
    if crashes < MOST_CRASHES:
        return release(context, work)
    reason = f"A worker died under it {crashes} times."
    return fail(context, work, message=CRASHED, host_message=reason)


def release(context: Context, work: Claim) -> bool:
    """Queue a job again that was lost through no fault of its own."""
    if work.attempt >= MOST_ATTEMPTS:
        reason = f"It was taken {work.attempt} times and never ended."
        return fail(context, work, message=INTERRUPTED, host_message=reason)
    with context.database.write() as session:
        submission = _leave(session, work, to="queued", now=context.clock())
        if submission is not None and submission.status == "running":
            submission.status = "queued"
        return submission is not None


def recover(context: Context) -> int:
    """Queue every job again that a server before this one left running."""
    with context.database.read() as session:
        running = session.execute(
            select(Job.id, Job.attempt, Job.submission_id)
            .where(Job.status == "running")
            .order_by(Job.id)
        ).all()
    left = (
        Claim(job_id=job_id, attempt=attempt, submission_id=submission_id)
        for job_id, attempt, submission_id in running
    )
    return sum(release(context, claim) for claim in left)


def lock(session: Session, submission_id: str) -> Submission:
    """Return a submission that no other transaction changes until this one ends."""
    return session.get_one(
        Submission, submission_id, with_for_update=True, populate_existing=True
    )


def _leave(
    session: Session,
    work: Claim,
    *,
    to: JobStatus,
    now: datetime,
    why: str = "",
) -> Submission | None:
    """Return the locked submission, whose job is no longer running; None if too late.

    The job of a submission that was taken back is canceled, whatever came of it.
    """
    submission = lock(session, work.submission_id)
    withdrawn = submission.status == "withdrawn"
    left = session.execute(
        update(Job)
        .where(Job.id == work.job_id, Job.attempt == work.attempt)
        .where(Job.status == "running")
        .values(
            status="canceled" if withdrawn else to,
            finished=None if to == "queued" and not withdrawn else now,
            message=why,
        )
        .returning(Job.id)
    ).scalar()
    return None if withdrawn or left is None else submission


def _last_version(session: Session, submission_id: str) -> int:
    versions = select(func.max(Score.version))
    return session.scalar(versions.where(Score.submission_id == submission_id)) or 0


def _whole_mean(evaluation: Mapping[str, Any]) -> float | None:
    """Return the mean Q, if every task has a score."""
    mean = evaluation["mean_q"]
    whole = mean is not None and not evaluation["failed"] and math.isfinite(mean)
    return mean if whole else None
