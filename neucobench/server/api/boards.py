"""``GET /phases/{phase}/board``, its history, and what stands beside its rows."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from neucobench.leaderboard.export import board_json
from neucobench.scoring.ranking import Rule
from neucobench.server.api.answers import stamp_or_none
from neucobench.server.api.asking import PhaseKey, Server, refusals
from neucobench.server.api.documents import (
    BoardDocument,
    EntryDocument,
    StandingRowDocument,
    StateDocument,
)
from neucobench.server.api.rendered import RenderedAnswers, answer
from neucobench.server.boards.history import history, last_revision
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.clock import stamp
from neucobench.server.context import Context

router = APIRouter(tags=["boards"])
_STATES = TypeAdapter(list[StateDocument])


@router.get(
    "/phases/{phase}/board", response_model=BoardDocument, responses=refusals(403, 404)
)
def read_board(
    phase: PhaseKey, context: Server, request: Request, rule: Rule | None = None
) -> Response:
    """Return ``board.json`` as the phase reveals it.

    ``rule`` ranks by another rule than the official one, where what is revealed is
    enough for that. The answer has an ``ETag``; ask again with ``If-None-Match``.
    """
    found = phase_of(context, phase)
    answers: RenderedAnswers = request.app.state.answers
    key = ("board", found.id, found.revision, rule)
    return answer(request, answers.get(key, lambda: _board_text(context, found, rule)))


@router.get("/phases/{phase}/entries", responses=refusals(404))
def list_entries(phase: PhaseKey, context: Server) -> list[EntryDocument]:
    """List what stands beside the rows: team, method card, flags, dates."""
    found = standing(context, phase_of(context, phase))
    return [
        EntryDocument(
            id=entry.id,
            label=entry.label,
            method=entry.method,
            team=entry.team,
            baseline=entry.baseline,
            transductive=entry.transductive,
            verified=entry.verified,
            card=dict(entry.card),
            created=stamp(entry.created),
            scored=stamp_or_none(entry.scored),
            dims=entry.dims,
            bytes_per_vector=entry.bytes_per_vector,
            version=entry.version,
            scorer=entry.scorer,
        )
        for entry in found.entries
    ]


@router.get(
    "/phases/{phase}/history",
    response_model=list[StateDocument],
    responses=refusals(404),
)
def list_states(phase: PhaseKey, context: Server, request: Request) -> Response:
    """List the states that the board has gone through, the oldest first.

    The answer has an ``ETag``; ask again with ``If-None-Match``.
    """
    found = phase_of(context, phase)
    answers: RenderedAnswers = request.app.state.answers
    key = ("history", found.id, last_revision(context, found))
    return answer(request, answers.get(key, lambda: _history_text(context, found)))


def _history_text(context: Context, phase: PhaseRecord) -> str:
    # Without the revisions: they count private scores too.
    states = [
        StateDocument(
            created=stamp(state.created),
            rows=[StandingRowDocument(**asdict(row)) for row in state.rows],
        )
        for state in history(context, phase)
    ]
    return _STATES.dump_json(states).decode()


def _board_text(context: Context, phase: PhaseRecord, rule: str | None) -> str:
    return board_json(standing(context, phase, rule=rule).board)
