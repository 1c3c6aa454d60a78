"""From records of the server to documents of the API."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.evaluation.result import evaluation_from_dict
from neucobench.leaderboard.reveal import MEAN_Q_DIGITS, reveal_evaluation
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.api.answers import stamp_or_none
from neucobench.server.api.documents import (
    FindingDocument,
    PhaseDocument,
    PhaseSummaryDocument,
    QuotaDocument,
    SubmissionDocument,
    SubmissionSummaryDocument,
)
from neucobench.server.challenges.phases import PhaseRecord, rules_from
from neucobench.server.challenges.quota import quota
from neucobench.server.clock import stamp
from neucobench.server.context import Context
from neucobench.server.submissions.admission import upload_limit
from neucobench.server.submissions.own import may_change
from neucobench.server.submissions.queue import position
from neucobench.server.submissions.scores import newest_means
from neucobench.server.tables import Score, Submission


def summarize_phase(context: Context, phase: PhaseRecord) -> PhaseSummaryDocument:
    """Return a phase's name and dates."""
    return PhaseSummaryDocument(
        phase=phase.key,
        name=phase.name,
        state=phase.state(context.clock()),
        opens=stamp(phase.rules.opens),
        closes=stamp(phase.rules.closes),
    )


def describe_phase(
    context: Context, phase: PhaseRecord, visitor: Visitor | None
) -> PhaseDocument:
    """Return where a phase stands, its rules, and the visitor's quota."""
    card = phase.card
    return PhaseDocument(
        **summarize_phase(context, phase).model_dump(),
        server=context.settings.address,
        challenge=phase.challenge,
        title=phase.title,
        description=card.description,
        suite=card.suite,
        protocol=card.protocol,
        rule=card.rule,
        baselines=list(card.baselines),
        baselines_count=card.baselines_count,
        settings={
            **phase.rules.model_dump(mode="json"),
            "max_upload_bytes": upload_limit(context, phase),
        },
        closed=stamp_or_none(phase.closed),
        now=stamp(context.clock()),
        quota=_quota(context, phase, visitor),
    )


def _quota(
    context: Context, phase: PhaseRecord, visitor: Visitor | None
) -> QuotaDocument | None:
    if visitor is None or visitor.team_id is None:
        return None
    with context.database.read() as session:
        found = quota(session, phase, visitor.team_id, context.clock())
    return QuotaDocument(
        per_day=found.per_day,
        total=found.total,
        used_today=found.used_today,
        used=found.used,
        waiting=found.waiting,
        left=found.left,
    )


def summarize_submissions(
    context: Context, submissions: Iterable[Submission]
) -> list[SubmissionSummaryDocument]:
    """Return how far submissions have come."""
    rows = list(submissions)
    with context.database.read() as session:
        means = newest_means(session, [row.id for row in rows])
        return [
            SubmissionSummaryDocument(
                **_facts(row),
                position=_position(session, row),
                mean_q=_shown_mean(row, means.get(row.id)),
            )
            for row in rows
        ]


def describe_submission(
    context: Context, submission: Submission, visitor: Visitor | None
) -> SubmissionDocument:
    """Return what a visitor may know about a submission that they may see.

    Another team's public entry comes without the notes on its file.
    """
    rules = rules_from(submission.phase.settings)
    own = may_change(submission, visitor)
    with context.database.read() as session:
        score = _newest_score(session, submission.id)
        place = _position(session, submission) if own else None
    shown = score is not None and submission.status in ("scored", "withdrawn")
    return SubmissionDocument(
        **_facts(submission),
        position=place,
        mean_q=_shown_mean(submission, score.mean_q if score else None),
        team=submission.team.name if submission.team else None,
        message=submission.message if own else "",
        findings=[FindingDocument(**item) for item in submission.findings if own],
        result=(
            reveal_evaluation(
                evaluation_from_dict(score.evaluation, source=submission.id),
                rules,
                submission.phase.codes,
            )
            if score is not None and shown
            else None
        ),
    )


def _facts(row: Submission) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "phase": row.phase.key,
        "method": row.method,
        "public": row.public,
        "baseline": row.baseline,
        "chosen": row.chosen,
        "created": stamp(row.created),
        "started": stamp_or_none(row.started),
        "scored": stamp_or_none(row.scored),
    }


def _position(session: Session, row: Submission) -> int | None:
    return position(session, row.id) if row.status == "queued" else None


def _shown_mean(row: Submission, mean_q: float | None) -> float | None:
    """Return mean Q with the digits that the phase reveals."""
    if mean_q is None or row.status not in ("scored", "withdrawn"):
        return None
    if row.phase.settings["reveals"] == "everything":
        return mean_q
    return round(mean_q, MEAN_Q_DIGITS) + 0.0


def _newest_score(session: Session, submission_id: str) -> Score | None:
    return session.scalar(
        select(Score)
        .where(Score.submission_id == submission_id)
        .order_by(Score.version.desc())
        .limit(1)
    )
