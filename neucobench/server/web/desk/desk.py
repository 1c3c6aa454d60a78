"""The host's desk: what waits, what failed, phases, and the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from neucobench.server.accounts.requests import Host, context_of
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import PhaseRecord, list_phases, phase_of
from neucobench.server.context import Context
from neucobench.server.submissions.queue import Health, health
from neucobench.server.submissions.scores import newest_means
from neucobench.server.tables import Announcement, AuditEntry, Job, Submission
from neucobench.server.web.board.view import heading
from neucobench.server.web.health import span
from neucobench.server.web.problem import Problem
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

_SHOWN = 50
_PER_PAGE = 100
_LOADED = (
    joinedload(Submission.phase),
    joinedload(Submission.team),
    joinedload(Submission.user),
)


@dataclass(frozen=True, kw_only=True)
class DeskPhase:
    """Hold one phase on the desk."""

    phase: PhaseRecord
    heading: str
    state: str
    submissions: int


@dataclass(frozen=True, kw_only=True)
class DeskChallenge:
    """Hold one challenge on the desk."""

    name: str
    title: str
    archived: bool
    phases: list[DeskPhase]
    announcements: Sequence[Announcement]


@dataclass(frozen=True, kw_only=True)
class DeskView:
    """Hold what the desk shows.

    Attributes:
        health: of the queue.
        waited: how long the first has waited.
        jobs: what is queued or running, with its submission.
        failures: the latest submissions that failed.
        challenges: with their phases and announcements.
        problem: why a form was refused, or None.
        done: what has just been done, or nothing.
        now: the server's clock.
    """

    health: Health
    waited: str
    jobs: Sequence[Job]
    failures: Sequence[Submission]
    challenges: list[DeskChallenge]
    problem: Problem | None
    done: str
    now: datetime


@dataclass(frozen=True, kw_only=True)
class DeskSubmissionsView:
    """Hold all submissions of one phase, as hosts see them."""

    phase: PhaseRecord
    heading: str
    items: Sequence[Submission]
    means: Mapping[str, float | None]
    number: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """Hold one page of the audit log, the newest first."""

    entries: Sequence[AuditEntry]
    number: int
    pages: int


@router.get("/host")
def desk(request: Request, _who: Host) -> Response:
    """Return the desk."""
    return show_desk(request)


@router.get("/host/phases/{key}")
def desk_submissions(request: Request, key: str, _who: Host) -> Response:
    """Return all submissions of a phase, the newest first."""
    context = context_of(request)
    phase = phase_of(context, key)
    wanted = select(Submission).where(Submission.phase_id == phase.id)
    with context.database.read() as session:
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        number, pages = page_number(request, total)
        items = session.scalars(
            wanted.options(*_LOADED)
            .order_by(Submission.created.desc(), Submission.id)
            .limit(_PER_PAGE)
            .offset((number - 1) * _PER_PAGE)
        ).all()
        means = newest_means(session, [item.id for item in items])
    view = DeskSubmissionsView(
        phase=phase,
        heading=heading(phase),
        items=items,
        means=means,
        number=number,
        pages=pages,
    )
    return page(request, "host_submissions.html", view, section="host", wide=True)


@router.get("/host/audit")
def audit_log(request: Request, _who: Host) -> Response:
    """Return the audit log, the newest first."""
    context = context_of(request)
    with context.database.read() as session:
        total = session.scalar(select(func.count(AuditEntry.id))) or 0
        number, pages = page_number(request, total)
        entries = session.scalars(
            select(AuditEntry)
            .order_by(AuditEntry.id.desc())
            .limit(_PER_PAGE)
            .offset((number - 1) * _PER_PAGE)
        ).all()
    view = AuditView(entries=entries, number=number, pages=pages)
    return page(request, "host_audit.html", view, section="host", wide=True)


def show_desk(
    request: Request, *, problem: Problem | None = None, done: str = ""
) -> Response:
    """Return the desk, with the answer to a form of it."""
    context = context_of(request)
    found = health(context)
    view = DeskView(
        health=found,
        waited=span(found.oldest_queued_seconds),
        jobs=_jobs(context),
        failures=_failures(context),
        challenges=_challenges(context),
        problem=problem,
        done=done,
        now=context.clock(),
    )
    status = problem.status if problem else 200
    return page(request, "host.html", view, section="host", status=status)


def page_number(request: Request, total: int) -> tuple[int, int]:
    """Return which page of a long list was asked for, and how many there are."""
    pages = max(1, -(-total // _PER_PAGE))
    given = request.query_params.get("page", "")
    number = int(given[:9]) if given.isascii() and given.isdigit() else 1
    return max(1, min(number, pages)), pages


def _jobs(context: Context) -> Sequence[Job]:
    with context.database.read() as session:
        return session.scalars(
            select(Job)
            .options(joinedload(Job.submission).options(*_LOADED))
            .where(Job.status.in_(("queued", "running")))
            .order_by(Job.id)
            .limit(_SHOWN)
        ).all()


def _failures(context: Context) -> Sequence[Submission]:
    with context.database.read() as session:
        return session.scalars(
            select(Submission)
            .options(*_LOADED)
            .where(Submission.status == "failed")
            .order_by(Submission.created.desc())
            .limit(_SHOWN)
        ).all()


def _challenges(context: Context) -> list[DeskChallenge]:
    counts = select(Submission.phase_id, func.count()).group_by(Submission.phase_id)
    with context.database.read() as session:
        known = {row[0]: row[1] for row in session.execute(counts)}
    now = context.clock()
    found = groupby(list_phases(context), key=lambda phase: phase.challenge)
    return [
        _challenge(context, name, list(phases), known, now) for name, phases in found
    ]


def _challenge(
    context: Context,
    name: str,
    phases: list[PhaseRecord],
    counts: dict[int, int],
    now: datetime,
) -> DeskChallenge:
    return DeskChallenge(
        name=name,
        title=phases[0].title,
        archived=phases[0].archived,
        phases=[
            DeskPhase(
                phase=phase,
                heading=heading(phase),
                state=phase.state(now),
                submissions=counts.get(phase.id, 0),
            )
            for phase in phases
        ],
        announcements=announcements(context, name),
    )
