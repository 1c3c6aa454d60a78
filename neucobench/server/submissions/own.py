"""What a team sees and does of its own: look, withdraw, choose."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from neucobench.server.accounts.visitor import Visitor
from neucobench.server.audit import record
from neucobench.server.challenges.phases import PhaseRecord, bump, phase_numbered
from neucobench.server.clock import spoken
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict, NotAllowed, NotFound
from neucobench.server.submissions.endings import lock
from neucobench.server.submissions.queue import cancel
from neucobench.server.tables import ChallengePhase, Submission

_LOADED = (
    joinedload(Submission.phase).joinedload(ChallengePhase.challenge),
    joinedload(Submission.team),
    joinedload(Submission.user),
    joinedload(Submission.file),
)


def submission_for(
    context: Context, submission_id: str, visitor: Visitor | None
) -> Submission:
    """Return a submission that a visitor may see, with what belongs to it.

    Seen are those of one's own team, by hosts all of them, and by everybody the public
    ones that have a score and were not withdrawn.

    Raises:
        NotFound: in the same words when there is none and when it is not for them.
    """
    with context.database.read() as session:
        found = session.get(Submission, submission_id[:32], options=_LOADED)
    if found is None or found.id != submission_id or not _may_see(found, visitor):
        raise _not_found()
    return found


def own_submissions(
    context: Context, visitor: Visitor, phase: PhaseRecord | None = None
) -> list[Submission]:
    """Return what a visitor's team handed in, the newest first.

    Hosts without a team get what they entered themselves.
    """
    owner = (
        Submission.user_id == visitor.user_id
        if visitor.team_id is None
        else Submission.team_id == visitor.team_id
    )
    wanted = (
        select(Submission)
        .options(*_LOADED)
        .where(owner)
        .order_by(Submission.created.desc(), Submission.id)
    )
    if phase is not None:
        wanted = wanted.where(Submission.phase_id == phase.id)
    with context.database.read() as session:
        return list(session.scalars(wanted))


def withdraw(context: Context, submission_id: str, visitor: Visitor) -> None:
    """Take a submission back: it is hidden for good, and never deleted.

    Before it has a score, its quota is given back; afterwards it stays used.

    Raises:
        NotFound: when there is no such submission for the visitor.
        NotAllowed: when it is another team's.
        Conflict: when the challenge is archived.
    """
    if not may_change(submission_for(context, submission_id, visitor), visitor):
        raise _other_team()
    now = context.clock()
    with context.database.write() as session:
        submission = lock(session, submission_id)
        _open_phase(context, session, submission, archived_only=True)
        if submission.status == "withdrawn":
            return
        submission.status = "withdrawn"
        submission.withdrawn = now
        submission.chosen = False
        cancel(session, submission_id, now=now)
        bump(session, submission.phase_id)
        record(context, session, visitor.name, "submission-withdrawn", submission_id)


def choose(context: Context, submission_id: str, visitor: Visitor) -> None:
    """Make a submission the one of its team that counts; another one no longer does.

    Raises:
        NotFound: when there is no such submission for the visitor.
        NotAllowed: when it is another team's.
        Conflict: when the phase does not count the chosen one or is not open, or the
            submission is private, a baseline, withdrawn, or has failed.
    """
    seen = submission_for(context, submission_id, visitor)
    if not _is_own(seen, visitor):
        raise _other_team()
    team = (
        Submission.phase_id == seen.phase_id,
        Submission.team_id == seen.team_id,
    )
    with context.database.write() as session:
        # All that change, in the order in which a rescore locks them: two who change
        # the same ones would otherwise wait for each other.
        order = (Submission.created, Submission.id)
        locked = select(Submission.id).where(*team).order_by(*order)
        session.execute(locked.with_for_update()).all()
        submission = lock(session, submission_id)
        phase = _open_phase(context, session, submission, archived_only=False)
        _require_choice(submission, phase)
        session.execute(
            update(Submission)
            .where(*team, Submission.id != submission_id)
            .values(chosen=False)
        )
        submission.chosen = True
        bump(session, submission.phase_id)
        record(context, session, visitor.name, "submission-chosen", submission_id)


def may_change(submission: Submission, visitor: Visitor | None) -> bool:
    """Tell whether a submission is the visitor's team's, or the visitor hosts."""
    return visitor is not None and (visitor.may_host or _is_own(submission, visitor))


def _may_see(submission: Submission, visitor: Visitor | None) -> bool:
    return may_change(submission, visitor) or (
        submission.public
        and submission.scored is not None
        and submission.withdrawn is None
    )


def _is_own(submission: Submission, visitor: Visitor) -> bool:
    return submission.team_id is not None and submission.team_id == visitor.team_id


def _open_phase(
    context: Context, session: Session, submission: Submission, *, archived_only: bool
) -> PhaseRecord:
    """Return the phase of a submission, or refuse what its state does not allow."""
    phase = phase_numbered(context, session, submission.phase_id)
    state = phase.state(context.clock())
    if state == "archived":
        raise Conflict(
            f"The challenge {phase.challenge!r} is archived; nothing in it changes any "
            "more. Ask its host if that is a mistake."
        )
    if state != "open" and not archived_only:
        raise Conflict(
            f"The phase {phase.key!r} closed at {spoken(phase.closes)}; "
            "what was chosen by then counts."
        )
    return phase


def _require_choice(submission: Submission, phase: PhaseRecord) -> None:
    if phase.rules.counts != "chosen":
        raise Conflict(
            f"The phase {phase.key!r} counts each team's {phase.rules.counts} entry; "
            "there is nothing to choose."
        )
    if submission.baseline or submission.team_id is None:
        raise Conflict("A baseline stands beside the ranking and cannot be chosen.")
    if not submission.public:
        raise Conflict(
            "A private submission cannot count; choose a public one, or submit the "
            "file again as public."
        )
    if submission.status in ("withdrawn", "failed"):
        raise Conflict(
            f"The submission is {submission.status} and cannot count; choose one that "
            "is queued or scored."
        )


def _other_team() -> NotAllowed:
    return NotAllowed(
        "This submission is not your team's; only the team's members can change it. "
        "Look among your own submissions."
    )


def _not_found() -> NotFound:
    return NotFound(
        "There is no such submission, or it is not for you to see; look among your own "
        "submissions, or on the board."
    )
