"""Score again: every version is kept, the newest counts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.server.audit import record
from neucobench.server.challenges.phases import phase_of
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict, NotFound
from neucobench.server.submissions.endings import lock
from neucobench.server.submissions.queue import enqueue
from neucobench.server.tables import Challenge, ChallengePhase, Job, Submission
from neucobench.server.tables.submissions import JobKind

_ENDED = ("scored", "failed")


def rescorable(
    context: Context, *, phase: str | None = None, submission: str | None = None
) -> list[str]:
    """Return the submissions that have ended, one way or another, the oldest first.

    Args:
        context: the server's.
        phase: a phase's key; None for all phases.
        submission: one submission; None for all.

    Raises:
        NotFound: when there is no such phase or submission.
        Conflict: when the one submission has not ended, or was withdrawn, or the
            challenge is archived.
    """
    wanted = (
        select(Submission.id, Submission.status, Challenge.archived)
        .join(Submission.phase)
        .join(ChallengePhase.challenge)
        .order_by(Submission.created, Submission.id)
    )
    if phase is not None:
        known = phase_of(context, phase)
        _require_open(known.archived)
        wanted = wanted.where(Submission.phase_id == known.id)
    if submission is not None:
        wanted = wanted.where(Submission.id == submission)
    with context.database.read() as session:
        found = session.execute(wanted).all()
    if submission is not None:
        _require_open(any(archived for _, _, archived in found))
        _require_ended(submission, found[0].status if found else None)
    return [id_ for id_, status, archived in found if status in _ENDED and not archived]


def rescore(
    context: Context,
    *,
    phase: str | None = None,
    submission: str | None = None,
    actor: str,
) -> int:
    """Queue submissions to be scored again and return how many there are.

    A scored one keeps its score, and its place on the board, until there is a new
    version; a failed one is queued as if it had just been handed in. Withdrawn ones
    are left alone.

    Args:
        context: the server's.
        phase: a phase's key; None for all phases.
        submission: one submission; None for all.
        actor: who asked for it, for the audit log.

    Raises:
        NotFound: when there is no such phase or submission.
        Conflict: when the one submission has not ended, or was withdrawn, or the
            challenge is archived.
    """
    wanted = rescorable(context, phase=phase, submission=submission)
    with context.database.write() as session:
        queued = 0
        for id_ in wanted:
            item = lock(session, id_)
            # It may have been withdrawn since, or wait to be scored again already.
            if item.status not in _ENDED or _waits(session, id_):
                continue
            kind: JobKind = "rescore" if item.status == "scored" else "score"
            if item.status == "failed":
                item.status = "queued"
                item.message = item.host_message = ""
            enqueue(session, id_, now=context.clock(), kind=kind)
            queued += 1
        record(
            context,
            session,
            actor,
            "submissions-rescored",
            submission or phase or "all phases",
            "1 submission" if queued == 1 else f"{queued} submissions",
        )
    return queued


def _require_open(archived: bool) -> None:
    if archived:
        raise Conflict(
            "The challenge is archived; nothing in it changes any more. Start one from "
            "a copy of its card to score the files anew."
        )


def _waits(session: Session, submission: str) -> bool:
    unfinished = select(Job.id).where(
        Job.submission_id == submission, Job.status.in_(("queued", "running"))
    )
    return session.scalar(unfinished.limit(1)) is not None


def _require_ended(submission: str, status: str | None) -> None:
    if status is None:
        raise NotFound(
            f"There is no submission {submission[:40]!r} on this server; copy its id "
            "from the host's desk."
        )
    if status not in _ENDED:
        raise Conflict(
            f"The submission is {status}; only one that was scored, or has failed, can "
            "be scored again."
        )
