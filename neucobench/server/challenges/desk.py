"""What hosts do with a running challenge; every act stands in the audit log."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.leaderboard.card import Phase
from neucobench.server.audit import record
from neucobench.server.challenges.phases import (
    PhaseRecord,
    bump,
    phase_numbered,
    phase_of,
    rules_from,
)
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict, NotFound, Rejected
from neucobench.server.tables import (
    Announcement,
    Challenge,
    ChallengePhase,
    Submission,
)

LONGEST_ANNOUNCEMENT = 2000


def set_dates(
    context: Context,
    key: str,
    *,
    opens: datetime | None = None,
    closes: datetime | None = None,
    actor: str,
) -> PhaseRecord:
    """Change when a phase opens or closes; one that was closed early is no longer.

    Args:
        context: the server's.
        key: the phase.
        opens: the new date, UTC; None keeps it.
        closes: likewise.
        actor: who does it.

    Raises:
        NotFound: when there is no such phase.
        Rejected: when it would close before it opens.
        Conflict: when the challenge is archived.
    """
    phase = phase_of(context, key)
    with context.database.write() as session:
        row = _lock_phase(session, phase)
        before = rules_from(row.settings)
        changed = before.model_dump() | {
            "opens": opens or before.opens,
            "closes": closes or before.closes,
        }
        try:
            rules = Phase.model_validate(changed)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise Rejected(
                f"These dates cannot be: {reason}. Give others, in UTC."
            ) from error
        row.settings = rules.model_dump(mode="json")
        row.closed = None
        bump(session, phase.id)
        record(context, session, actor, "phase-dates-changed", phase.key, _span(rules))
    return phase_of(context, phase.key)


def close_phase(context: Context, key: str, *, actor: str) -> PhaseRecord:
    """Close an open phase now; what is in the queue is still scored.

    Raises:
        NotFound: when there is no such phase.
        Conflict: when it is not open.
    """
    phase = phase_of(context, key)
    now = context.clock()
    with context.database.write() as session:
        row = _lock_phase(session, phase)
        state = phase_numbered(context, session, phase.id).state(now)
        if state != "open":
            raise Conflict(
                f"The phase {phase.key!r} is {state}; only an open one can be closed. "
                "Its dates can be changed instead."
            )
        row.closed = now
        bump(session, phase.id)
        record(context, session, actor, "phase-closed", phase.key)
    return phase_of(context, phase.key)


def archive(context: Context, challenge: str, *, actor: str) -> None:
    """Make a challenge read-only: its boards stay, nothing is accepted any more.

    Raises:
        NotFound: when there is no such challenge.
        Conflict: when it is archived already.
    """
    with context.database.write() as session:
        row = _challenge(session, challenge)
        _refuse_archived(row)
        row.archived = context.clock()
        for phase in row.phases:
            bump(session, phase.id)
        record(context, session, actor, "challenge-archived", challenge)


def announce(context: Context, challenge: str, text: str, *, actor: str) -> int:
    """Show a message on every page of a challenge; return its number.

    Raises:
        NotFound: when there is no such challenge.
        Rejected: when the text is empty or too long.
        Conflict: when the challenge is archived.
    """
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_ANNOUNCEMENT:
        raise Rejected(
            f"The announcement has {len(text):,} characters; 1 to "
            f"{LONGEST_ANNOUNCEMENT:,} are shown. Write it again."
        )
    with context.database.write() as session:
        row = _challenge(session, challenge)
        _refuse_archived(row)
        announcement = Announcement(
            challenge_id=row.id, text=text, created=context.clock(), withdrawn=None
        )
        session.add(announcement)
        session.flush()
        record(context, session, actor, "announcement-made", challenge, text)
        return announcement.id


def withdraw_announcement(context: Context, number: int, *, actor: str) -> None:
    """Hide an announcement, also one of an archived challenge.

    Raises:
        NotFound: when there is none of that number that is shown.
    """
    with context.database.write() as session:
        row = session.get(Announcement, number, with_for_update=True)
        if row is None or row.withdrawn is not None:
            raise NotFound(f"No announcement {number} is shown; look at the desk.")
        row.withdrawn = context.clock()
        target = session.get_one(Challenge, row.challenge_id).name
        record(context, session, actor, "announcement-withdrawn", target, row.text)


def announcements(context: Context, challenge: str) -> Sequence[Announcement]:
    """Return what is announced on the pages of a challenge, the newest first."""
    with context.database.read() as session:
        return session.scalars(
            select(Announcement)
            .join(Challenge, Challenge.id == Announcement.challenge_id)
            .where(Challenge.name == challenge, Announcement.withdrawn.is_(None))
            .order_by(Announcement.id.desc())
        ).all()


def verify(
    context: Context, submission_id: str, *, verified: bool = True, actor: str
) -> None:
    """Mark a submission as reproduced by a host, or take the mark back.

    Raises:
        NotFound: when there is no such submission.
        Conflict: when it has no score to reproduce, or the challenge is archived.
    """
    with context.database.write() as session:
        row = session.get(Submission, submission_id, with_for_update=True)
        if row is None:
            raise NotFound("There is no such submission; look at the desk.")
        _refuse_archived(row.phase.challenge)
        if verified and row.status != "scored":
            raise Conflict(
                f"The submission is {row.status}; what has a score on the board can be "
                "verified. Look at the desk."
            )
        row.verified = verified
        bump(session, row.phase_id)
        act = "submission-verified" if verified else "submission-unverified"
        record(context, session, actor, act, submission_id)


def _lock_phase(session: Session, phase: PhaseRecord) -> ChallengePhase:
    row = session.get_one(ChallengePhase, phase.id, with_for_update=True)
    _refuse_archived(row.challenge)
    return row


def _challenge(session: Session, name: str) -> Challenge:
    wanted = select(Challenge).where(Challenge.name == name).with_for_update()
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(
            f"There is no challenge {name[:80]!r} on this server; list them with: "
            "neucobench admin challenge list"
        )
    return row


def _refuse_archived(row: Challenge) -> None:
    if row.archived is not None:
        raise Conflict(
            f"The challenge {row.name!r} was archived at {row.archived:%Y-%m-%d %H:%M} "
            "UTC and is read-only; make a new one from its card to run it again."
        )


def _span(rules: Phase) -> str:
    return f"{rules.opens:%Y-%m-%d %H:%M:%S} to {rules.closes:%Y-%m-%d %H:%M:%S} UTC"
