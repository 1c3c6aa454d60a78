"""From an upload to the queue: checked, counted under a lock, stored once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.findings import Finding
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.audit import record
from neucobench.server.challenges.phases import PhaseRecord, phase_numbered
from neucobench.server.clock import spoken
from neucobench.server.context import Context
from neucobench.server.database.engine import PASSING
from neucobench.server.refusals import Rejected
from neucobench.server.submissions.admission import (
    require_form,
    require_open,
    require_quota,
    require_team,
)
from neucobench.server.submissions.files import keep_file, refusing_full_disk
from neucobench.server.submissions.form import SubmissionForm
from neucobench.server.submissions.inspect import Inspection, inspect_file
from neucobench.server.submissions.queue import enqueue, position
from neucobench.server.submissions.room import no_database
from neucobench.server.submissions.upload import Incoming
from neucobench.server.tables import Submission, Team


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Hold what a participant gets for a file that was taken.

    Attributes:
        id: the submission's.
        status: ``"queued"``.
        position: its place in the queue, from 1.
        findings: what the check found, none of it an error.
    """

    id: str
    status: str
    position: int
    findings: tuple[Finding, ...] = ()


def submit(
    context: Context,
    phase: PhaseRecord,
    visitor: Visitor,
    incoming: Incoming,
    form: SubmissionForm,
) -> Accepted:
    """Check an upload, and put it into the queue; the upload's file is gone afterwards.

    What counts is the moment at which the upload had arrived, not the check's end.

    Args:
        context: the server's.
        phase: where it is handed in.
        visitor: who hands it in.
        incoming: the upload.
        form: what was said about it.

    Raises:
        Conflict: when the phase is not open, or the quota is used.
        NotAllowed: when the visitor has no team, or is no host and enters a baseline.
        Rejected: when the file has errors, or the phase does not take such an entry.
        Busy: when there is no room for it.
    """
    when = incoming.received or context.clock()
    try:
        admit(context, phase, visitor, form, when=when)
        inspection = inspect_file(context, incoming, phase)
        if inspection.errors:
            raise Rejected(_refusal(incoming, inspection), inspection.findings)
        entry = _Entry(
            phase=phase,
            visitor=visitor,
            incoming=incoming,
            form=form,
            inspection=inspection,
            when=when,
        )
        with refusing_full_disk(), context.database.write() as session:
            return _accept(context, session, entry)
    except PASSING as error:
        raise no_database(error) from error
    finally:
        incoming.path.unlink(missing_ok=True)


def admit(
    context: Context,
    phase: PhaseRecord,
    visitor: Visitor,
    form: SubmissionForm | None = None,
    *,
    when: datetime | None = None,
) -> None:
    """Refuse, before the work, what would be refused after it.

    Args:
        context: the server's.
        phase: where something is to be handed in.
        visitor: by whom.
        form: what is said about it; None: not known yet.
        when: at which moment; None: now.

    Raises:
        Refusal: as ``submit``.
    """
    when = when or context.clock()
    if form is None:
        require_team(visitor, baseline=visitor.may_host)
    else:
        require_form(phase, visitor, form)
    baseline = visitor.may_host if form is None else form.baseline
    require_open(phase, when, baseline=baseline)
    if visitor.team_id is not None and not baseline:
        with context.database.read() as session:
            require_quota(session, phase, visitor.team_id, when)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Hold all that is known of a submission before it is one."""

    phase: PhaseRecord
    visitor: Visitor
    incoming: Incoming
    form: SubmissionForm
    inspection: Inspection
    when: datetime

    @property
    def team_id(self) -> int | None:
        return None if self.form.baseline else self.visitor.team_id


def _accept(context: Context, session: Session, entry: _Entry) -> Accepted:
    """Count and store a submission with its job, in one transaction."""
    if entry.team_id is not None:
        # Two files of one team at once are counted one after the other.
        session.get_one(Team, entry.team_id, with_for_update=True)
    phase = phase_numbered(context, session, entry.phase.id)
    require_open(phase, entry.when, baseline=entry.form.baseline)
    findings = entry.inspection.findings
    if entry.team_id is not None:
        require_quota(session, phase, entry.team_id, entry.when)
        findings += _same_file(session, entry, entry.team_id)
    keep_file(context, session, entry.incoming, entry.when)
    submission = _row(entry, findings)
    session.add(submission)
    session.flush()
    enqueue(session, submission.id, now=context.clock())
    session.flush()
    record(
        context,
        session,
        entry.visitor.name,
        "submission-accepted",
        submission.id,
        phase.key,
    )
    return Accepted(
        id=submission.id,
        status=submission.status,
        position=position(session, submission.id) or 1,
        findings=findings,
    )


def _row(entry: _Entry, findings: Sequence[Finding]) -> Submission:
    form, incoming, inspection = entry.form, entry.incoming, entry.inspection
    return Submission(
        id=secrets.token_hex(16),
        phase_id=entry.phase.id,
        team_id=entry.team_id,
        user_id=entry.visitor.user_id,
        method=form.method,
        public=form.public,
        baseline=form.baseline,
        transductive=form.transductive,
        card=form.card(),
        file_digest=incoming.digest,
        file_name=incoming.file_name,
        rows=inspection.rows,
        dims=inspection.dims,
        bytes_per_vector=inspection.bytes_per_vector,
        findings=[finding.as_dict() for finding in findings],
        status="queued",
        created=entry.when,
    )


def _same_file(session: Session, entry: _Entry, team_id: int) -> tuple[Finding, ...]:
    """Return a finding when the team has handed in this very file before."""
    before = session.scalar(
        select(Submission)
        .where(
            Submission.phase_id == entry.phase.id,
            Submission.team_id == team_id,
            Submission.file_digest == entry.incoming.digest,
            Submission.status.in_(("queued", "running", "scored")),
        )
        .order_by(Submission.created.desc())
        .limit(1)
    )
    if before is None:
        return ()
    message = (
        f"Your team handed in this very file before, at "
        f"{spoken(before.created)} as {before.method!r}; it is "
        f"{before.status}, and the same file gets the same score. This one uses quota, "
        "too; withdraw it before it is scored if that is not meant."
    )
    return (Finding(code="same-file", level="warning", message=message, count=1),)


def _refusal(incoming: Incoming, inspection: Inspection) -> str:
    errors: Sequence[Finding] = inspection.errors
    more = f" ({len(errors) - 1} more below.)" if len(errors) > 1 else ""
    return (
        f"{incoming.file_name} was not accepted, and used no quota: "
        f"{errors[0].message}{more}"
    )
