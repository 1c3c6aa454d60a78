"""The board of a phase: a page, and the same as files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from sqlalchemy import func, select
from starlette.responses import Response

from neucobench.leaderboard.export import board_csv, board_json
from neucobench.server.accounts.requests import context_of, session_secret
from neucobench.server.api.rendered import Rendered, RenderedAnswers, answer
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.context import Context
from neucobench.server.tables import Announcement, Challenge, ChallengePhase
from neucobench.server.web.board.query import BoardQuery, board_query
from neucobench.server.web.board.view import board_page_view, heading
from neucobench.server.web.frame import Frame, anonymous_frame, frame_of
from neucobench.server.web.rendering import render

router = APIRouter(include_in_schema=False)

_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class _State:
    """Hold what decides how a board looks, as one quick query gives it.

    Attributes:
        revision: of the board.
        closed: when the phase was closed by hand.
        archived: when its challenge was archived.
        announced: the newest announcement's number.
        withdrawn: how many announcements were withdrawn.
    """

    revision: int
    closed: datetime | None
    archived: datetime | None
    announced: int | None
    withdrawn: int


@router.get("/phases/{key}")
def board_page(request: Request, key: str) -> Response:
    """Return the board of a phase as a page.

    For visitors who are not signed in it is made once per state of the board.
    """
    context = context_of(request)
    state = _state(context, key)
    if state is None:
        known = phase_of(context, key)
        return RedirectResponse(f"/phases/{quote(known.key)}", status_code=303)
    phase = _phase(context, key, state)
    query = _possible(board_query(request.query_params), phase)
    signs = (key, state, phase.state(context.clock()), query)
    answers: RenderedAnswers = request.app.state.answers

    def main() -> str:
        return _main(context, phase, query)

    def kept(part: str, make: Callable[[], str], *more: str) -> Rendered:
        return answers.get((part, *signs, *more), make, kind=_HTML)

    # What nobody else will ask for is not kept.
    common = not query.find and query.sort == "rank" and not query.order
    if session_secret(request) or "authorization" in request.headers:
        text = kept("board-main", main).body.decode() if common else main()
        frame = frame_of(request, section="challenges", wide=True)
        page = _whole(frame, phase, text)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})
    frame = anonymous_frame(
        request,
        address=f"/phases/{quote(phase.key)}{query.address}",
        section="challenges",
        wide=True,
    )
    if not common:
        return HTMLResponse(_whole(frame, phase, main()))
    found = answer(
        request,
        kept("board-page", lambda: _whole(frame, phase, main()), frame.theme),
    )
    found.headers["vary"] = "Accept-Encoding, Cookie"
    return found


@router.get("/phases/{key}/board.csv")
def board_as_csv(request: Request, key: str, rule: str = "") -> Response:
    """Return ``board.csv``; no name in it is a formula to a spreadsheet."""
    context = context_of(request)
    phase = phase_of(context, key)
    text = board_csv(standing(context, phase, rule=rule or None).board)
    return _file(text, "text/csv; charset=utf-8", f"{phase.key}.csv")


@router.get("/phases/{key}/board.json")
def board_as_json(request: Request, key: str, rule: str = "") -> Response:
    """Return ``board.json``."""
    context = context_of(request)
    phase = phase_of(context, key)
    text = board_json(standing(context, phase, rule=rule or None).board)
    return _file(text, "application/json", f"{phase.key}.json")


def _file(text: str, kind: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-cache",
    }
    return Response(text.encode(), media_type=kind, headers=headers)


def _main(context: Context, phase: PhaseRecord, query: BoardQuery) -> str:
    view = board_page_view(
        phase,
        standing(context, phase, rule=query.rule or None),
        query,
        now=context.clock(),
        announcements=announcements(context, phase.challenge),
    )
    return render("board_main.html", view=view)


def _whole(frame: Frame, phase: PhaseRecord, main: str) -> str:
    # The content has been escaped where it was made.
    content = Markup(main)  # noqa: S704
    title = f"{phase.title}, {heading(phase)}"
    return render("board.html", site=frame, heading=title, main=content)


def _possible(query: BoardQuery, phase: PhaseRecord) -> BoardQuery:
    """Return a query whose rule is named only where it is not the official one."""
    return replace(query, rule="") if query.rule == phase.card.rule else query


def _state(context: Context, key: str) -> _State | None:
    about = Announcement.challenge_id == Challenge.id
    query = (
        select(
            ChallengePhase.revision,
            ChallengePhase.closed,
            Challenge.archived,
            select(func.max(Announcement.id)).where(about).scalar_subquery(),
            select(func.count(Announcement.withdrawn)).where(about).scalar_subquery(),
        )
        .join(Challenge, Challenge.id == ChallengePhase.challenge_id)
        .where(ChallengePhase.key == key)
    )
    with context.database.engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    revision, closed, archived, announced, withdrawn = row
    return _State(
        revision=revision,
        closed=closed,
        archived=archived,
        announced=announced,
        withdrawn=withdrawn,
    )


@lru_cache(maxsize=128)
def _phase(context: Context, key: str, _state: _State) -> PhaseRecord:
    """Return a phase, read again when its state is another one."""
    return phase_of(context, key)
