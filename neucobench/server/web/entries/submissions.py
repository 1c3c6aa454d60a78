"""A team's submissions: where each one stands, what it scored, withdraw, choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from neucobench.findings import Finding
from neucobench.reports.summary import TaskTitle, task_title
from neucobench.server.accounts.requests import SignedIn, context_of, visitor
from neucobench.server.api.describe import describe_submission, summarize_submissions
from neucobench.server.api.documents import SubmissionSummaryDocument
from neucobench.server.boards.history import record_change
from neucobench.server.challenges.phases import PhaseRecord, record_of
from neucobench.server.context import Context
from neucobench.server.submissions.own import (
    choose,
    may_change,
    own_submissions,
    submission_for,
    withdraw,
)
from neucobench.server.tables import Submission
from neucobench.server.web.board.view import heading
from neucobench.server.web.forms import Form
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

_UNFINISHED = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class SubmissionLine:
    """Hold one submission in a list.

    Attributes:
        item: its row.
        status: how far it has come.
        position: its place in the queue, or None.
        mean_q: as far as its phase reveals it, or None.
        phase: the heading of its phase.
        may_choose: whether the team may make it the one that counts.
        may_withdraw: whether it can be taken back.
    """

    item: Submission
    status: str
    position: int | None
    mean_q: float | None
    phase: str
    may_choose: bool
    may_withdraw: bool


@dataclass(frozen=True, kw_only=True)
class SubmissionsView:
    """Hold what the list of a team's submissions says."""

    team: str
    lines: list[SubmissionLine]
    unfinished: bool


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """Hold one task of a score, as far as the phase reveals it."""

    task: TaskTitle
    metric: str
    mean: float | None
    std: float | None
    q: float | None


@dataclass(frozen=True, kw_only=True)
class SubmissionView:
    """Hold what the page of one submission says.

    Attributes:
        line: what the list says about it.
        phase: its phase.
        heading: of that phase.
        own: whether it is the visitor's team's, or the visitor hosts.
        message: why it failed, as a sentence, or nothing.
        host_message: what only hosts may know, or nothing.
        findings: of the check.
        tasks: its scores.
        now: the server's clock.
    """

    line: SubmissionLine
    phase: PhaseRecord
    heading: str
    own: bool
    message: str
    host_message: str
    findings: list[Finding]
    tasks: list[TaskLine]
    now: datetime


@router.get("/submissions")
def list_own(request: Request, who: SignedIn) -> Response:
    """Return the submissions of the visitor's team, the newest first."""
    context = context_of(request)
    lines = _lines(context, own_submissions(context, who))
    view = SubmissionsView(
        team=who.team or "",
        lines=lines,
        unfinished=any(line.status in _UNFINISHED for line in lines),
    )
    return page(request, "submissions.html", view, section="submissions")


@router.get("/submissions/{number}")
def read_submission(request: Request, number: str) -> Response:
    """Return where a submission stands, or what it scored."""
    context = context_of(request)
    who = visitor(request)
    item = submission_for(context, number, who)
    document = describe_submission(context, item, who)
    phase = record_of(context, item.phase)
    view = SubmissionView(
        line=_lines(context, [item])[0],
        phase=phase,
        heading=heading(phase),
        own=may_change(item, who),
        message=document.message,
        host_message=item.host_message if who and who.may_host else "",
        findings=[Finding(**finding.model_dump()) for finding in document.findings],
        tasks=task_lines(document.result),
        now=context.clock(),
    )
    return page(request, "submission.html", view, section="submissions")


@router.post("/submissions/{number}/withdraw")
def withdraw_one(request: Request, number: str, who: SignedIn, _form: Form) -> Response:
    """Take a submission back."""
    withdraw(context_of(request), number, who)
    record_change(context_of(request), number)
    return RedirectResponse(f"/submissions/{number}", status_code=303)


@router.post("/submissions/{number}/choose")
def choose_one(request: Request, number: str, who: SignedIn, _form: Form) -> Response:
    """Make a submission the one of its team that counts."""
    choose(context_of(request), number, who)
    record_change(context_of(request), number)
    return RedirectResponse("/submissions", status_code=303)


def task_lines(result: Mapping[str, Any] | None) -> list[TaskLine]:
    """Return the tasks of a result, as far as the phase has revealed them."""
    tasks = (result or {}).get("tasks") or {}
    return [
        TaskLine(
            task=task_title(name),
            metric=score.get("metric") or "",
            mean=score.get("mean"),
            std=score.get("std"),
            q=score.get("q"),
        )
        for name, score in tasks.items()
    ]


def _lines(context: Context, items: list[Submission]) -> list[SubmissionLine]:
    documents: list[SubmissionSummaryDocument] = summarize_submissions(context, items)
    now = context.clock()
    return [
        _line(item, document, record_of(context, item.phase), now)
        for item, document in zip(items, documents, strict=True)
    ]


def _line(
    item: Submission,
    document: SubmissionSummaryDocument,
    phase: PhaseRecord,
    now: datetime,
) -> SubmissionLine:
    state = phase.state(now)
    ended = item.status in ("withdrawn", "failed")
    choosable = item.public and not item.baseline and not item.chosen and not ended
    return SubmissionLine(
        item=item,
        status=document.status,
        position=document.position,
        mean_q=document.mean_q,
        phase=f"{phase.title}, {phase.name}",
        may_choose=phase.rules.counts == "chosen" and state == "open" and choosable,
        may_withdraw=item.status != "withdrawn" and state != "archived",
    )
