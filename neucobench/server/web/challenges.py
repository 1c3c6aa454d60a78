"""The challenges of a server: the start page, one challenge, the rules of a phase."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from neucobench.names import printable
from neucobench.reports.phase_words import Saying
from neucobench.reports.summary import TaskTitle, task_title
from neucobench.server.accounts.requests import context_of
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import PhaseRecord, list_phases, phase_of
from neucobench.server.refusals import NotFound
from neucobench.server.submissions.admission import upload_limit
from neucobench.server.tables import Announcement
from neucobench.server.web.board.view import dates_sentence, heading
from neucobench.server.web.rendering import page
from neucobench.server.web.words import sayings
from neucobench.tasks.card import suite

router = APIRouter(include_in_schema=False)

_FIRST = ("open", "upcoming", "closed", "archived")


@dataclass(frozen=True, kw_only=True)
class PhaseLine:
    """Hold one phase in a list: itself, where it stands, and that as a sentence."""

    phase: PhaseRecord
    heading: str
    state: str
    dates: str


@dataclass(frozen=True, kw_only=True)
class ChallengeView:
    """Hold what is said about one challenge."""

    name: str
    title: str
    description: str
    announcements: Sequence[Announcement]
    phases: list[PhaseLine]
    sayings: list[Saying]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class StartView:
    """Hold what the start page says."""

    challenges: list[ChallengeView]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class RulesView:
    """Hold what the rules' page of a phase says."""

    phase: PhaseRecord
    heading: str
    state: str
    dates: str
    announcements: Sequence[Announcement]
    sayings: list[Saying]
    tasks: list[TaskTitle]
    now: datetime


@router.get("/")
def start(request: Request) -> Response:
    """Return the list of challenges, those with an open phase first."""
    context = context_of(request)
    now = context.clock()
    found = groupby(list_phases(context), key=lambda phase: phase.challenge)
    challenges = [
        _challenge_view(list(phases), now=now, said=[]) for _, phases in found
    ]
    challenges.sort(key=lambda item: min(_FIRST.index(x.state) for x in item.phases))
    view = StartView(challenges=challenges, now=now)
    return page(request, "start.html", view, section="challenges")


@router.get("/challenges/{name}")
def challenge(request: Request, name: str) -> Response:
    """Return what a challenge is about: phases, dates, rules, announcements."""
    context = context_of(request)
    phases = [item for item in list_phases(context) if item.challenge == name]
    if not phases:
        raise NotFound(
            f"There is no challenge {printable(name)[:80]!r} on this server; choose "
            "one from the start page."
        )
    view = _challenge_view(
        phases, now=context.clock(), said=announcements(context, name)
    )
    return page(request, "challenge.html", view, section="challenges")


@router.get("/challenges")
def all_challenges() -> Response:
    """Lead to the start page."""
    return RedirectResponse("/", status_code=303)


@router.get("/phases/{key}/rules")
def rules(request: Request, key: str) -> Response:
    """Return the rules of a phase in words, made from its card."""
    context = context_of(request)
    phase = phase_of(context, key)
    now = context.clock()
    view = RulesView(
        phase=phase,
        heading=heading(phase),
        state=phase.state(now),
        dates=dates_sentence(phase, now),
        announcements=announcements(context, phase.challenge),
        sayings=sayings(phase, upload_limit(context, phase)),
        tasks=[task_title(name) for name in suite(phase.card.suite).tasks],
        now=now,
    )
    return page(request, "rules.html", view, section="challenges")


def _challenge_view(
    phases: list[PhaseRecord], *, now: datetime, said: Sequence[Announcement]
) -> ChallengeView:
    card = phases[0].card
    return ChallengeView(
        name=card.name,
        title=card.title,
        description=card.description,
        announcements=said,
        phases=[
            PhaseLine(
                phase=phase,
                heading=heading(phase),
                state=phase.state(now),
                dates=dates_sentence(phase, now),
            )
            for phase in phases
        ],
        sayings=[
            item for item in sayings(phases[0]) if item.term in ("Tasks", "Ranking")
        ],
        now=now,
    )
