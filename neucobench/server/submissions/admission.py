"""Whether a phase takes a submission: dates, quota, and what its card allows."""

from datetime import datetime

from sqlalchemy.orm import Session

from neucobench.server.accounts.visitor import Visitor
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.challenges.quota import quota
from neucobench.server.clock import spoken
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict, NotAllowed, Rejected
from neucobench.server.submissions.form import SubmissionForm


def upload_limit(context: Context, phase: PhaseRecord) -> int:
    """Return the largest file that a phase takes, in bytes."""
    most = context.settings.max_upload_bytes
    return min(phase.rules.max_upload_bytes or most, most)


def require_open(phase: PhaseRecord, when: datetime, *, baseline: bool) -> None:
    """Refuse what comes before a phase opens, or after it has closed.

    Baselines, which hosts enter, may come at any time before the archive.

    Raises:
        Conflict: with the time at which it opens or has closed.
    """
    state = phase.state(when)
    if state == "archived":
        raise Conflict(
            f"The challenge {phase.challenge!r} is archived; its boards stay, and "
            "nothing is accepted any more."
        )
    if baseline or state == "open":
        return
    if state == "upcoming":
        raise Conflict(
            f"The phase {phase.key!r} opens at {spoken(phase.rules.opens)}; on this "
            f"server's clock it is {spoken(when)}. Send the file then."
        )
    raise Conflict(
        f"The phase {phase.key!r} closed at {spoken(phase.closes)}; on this server's "
        f"clock the file arrived at {spoken(when)}. Late entries are not accepted."
    )


def require_form(phase: PhaseRecord, visitor: Visitor, form: SubmissionForm) -> None:
    """Refuse an entry that the phase, or the visitor's role, has no place for.

    Raises:
        NotAllowed: when the visitor has no team, or is no host and enters a baseline.
        Rejected: when the phase takes no private, or no transductive, entries.
    """
    if form.baseline and not visitor.may_host:
        raise NotAllowed(
            "Baselines are entered by hosts; send the file without 'baseline', as an "
            "entry of your team."
        )
    require_team(visitor, baseline=form.baseline)
    if not form.public and not phase.rules.private_submissions:
        raise Rejected(
            f"The phase {phase.key!r} takes public submissions only; send the file "
            "with public=true."
        )
    if form.transductive and phase.rules.transductive is False:
        raise Rejected(
            f"The phase {phase.key!r} takes no transductive entries, whose encoder "
            "has seen the cubes that are scored. Train it without them."
        )


def require_team(visitor: Visitor, *, baseline: bool) -> None:
    """Refuse an entry of nobody's; a baseline is nobody's.

    Raises:
        NotAllowed: when the visitor has no team.
    """
    if visitor.team_id is None and not baseline:
        raise NotAllowed(
            f"The account {visitor.name!r} belongs to no team, and submissions are a "
            "team's. Join one by its invitation; a host can enter a baseline."
        )


def require_quota(
    session: Session, phase: PhaseRecord, team_id: int, when: datetime
) -> None:
    """Refuse a submission for which the team has no quota left.

    Raises:
        Conflict: with what was used, and when there is more.
    """
    found = quota(session, phase, team_id, when)
    if found.left is None or found.left > 0:
        return
    if found.used_up_by_day:
        used, waiting, limit = found.used_today, found.waiting_today, found.per_day
        span, advice = "a day", "There is more after midnight, UTC."
    else:
        used, waiting, limit = found.used, found.waiting, found.total
        span, advice = "the whole phase", "What the team has handed in counts."
    if waiting:
        advice += " What waits gives its place back if it fails or is withdrawn."
    raise Conflict(
        f"Your team's quota is used: of {limit:,} for {span}, {used:,} are scored and "
        f"{waiting:,} wait for their score. {advice}"
    )
