"""How a board came to be: its states, one after the other, and who changed places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fastapi import APIRouter, Request
from starlette.responses import Response

from neucobench.leaderboard.history import replay
from neucobench.server.accounts.requests import context_of
from neucobench.server.boards.history import (
    StandingRow,
    StandingState,
    history,
    replayable,
)
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.context import Context
from neucobench.server.web.board.view import heading
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

LEFT, RIGHT, TOP, ROW = 34.0, 170.0, 14.0, 20.0
WIDTH = 760.0
MOST_TRACKS = 12
COLORS = 6
# Pairs of teams, over all states, that are looked through for swaps.
_MOST_PAIRS = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Track:
    """Hold the path of one team through the ranks, in units of the SVG element."""

    team: str
    path: str
    color: str
    end: float


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """Hold the figure of the ranks over time: its tracks, labels and size."""

    tracks: list[Track]
    ranks: list[tuple[float, int]]
    first: datetime
    last: datetime
    height: float
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """Hold one row of a state and where it stood in the state before."""

    row: StandingRow
    before: int | None
    moved: str


@dataclass(frozen=True, kw_only=True)
class HistoryView:
    """Hold what the history page says.

    Attributes:
        phase: the phase.
        heading: of the phase.
        states: how many states there are.
        swaps: how often two teams changed places though neither had a new score;
            None where that was not counted.
        tracks: the figure, or None for fewer than two states.
        number: which state is shown, from 1; 0 without any.
        created: when it began.
        changes: its rows.
    """

    phase: PhaseRecord
    heading: str
    states: int
    swaps: int | None
    tracks: Tracks | None
    number: int
    created: datetime | None
    changes: list[Change]


@router.get("/phases/{key}/history")
def history_page(request: Request, key: str, state: str = "") -> Response:
    """Return the states of a board; ``state`` chooses one, else the last is shown."""
    context = context_of(request)
    phase = phase_of(context, key)
    states, swaps = _known(context, phase.key, phase.revision)
    number = _number(state, len(states))
    shown = states[number - 1] if number else None
    before = states[number - 2] if number > 1 else None
    view = HistoryView(
        phase=phase,
        heading=heading(phase),
        states=len(states),
        swaps=swaps,
        tracks=tracks(states) if len(states) > 1 else None,
        number=number,
        created=shown.created if shown else None,
        changes=_changes(shown, before) if shown else [],
    )
    return page(request, "history.html", view, section="challenges")


def tracks(states: Sequence[StandingState]) -> Tracks:
    """Return the figure of the ranks over time; the best of the last state come first.

    Args:
        states: two or more, the oldest first.
    """
    last = _ranks(states[-1])
    teams = sorted(last, key=lambda team: last[team])[:MOST_TRACKS]
    known = [_ranks(state) for state in states]
    deepest = max(
        (ranks[team] for ranks in known for team in teams if team in ranks), default=1
    )
    shown = min(deepest, 2 * MOST_TRACKS)
    ys = {rank: TOP + ROW * (rank - 1) for rank in range(1, shown + 1)}
    span = (states[-1].created - states[0].created).total_seconds() or 1.0
    xs = [
        LEFT
        + (WIDTH - LEFT - RIGHT)
        * (state.created - states[0].created).total_seconds()
        / span
        for state in states
    ]
    return Tracks(
        tracks=[
            Track(
                team=team,
                path=_path(xs, [ys.get(ranks.get(team, 0)) for ranks in known]),
                color=f"c{place}" if place < COLORS else "track",
                end=ys.get(last[team], TOP),
            )
            for place, team in enumerate(teams)
        ],
        ranks=[(y, rank) for rank, y in ys.items() if rank == 1 or rank % 5 == 0],
        first=states[0].created,
        last=states[-1].created,
        height=TOP + ROW * (shown - 1) + 30,
        left_out=len(last) - len(teams),
    )


def _path(xs: Sequence[float], ys: Sequence[float | None]) -> str:
    """Return a path of steps; it has a gap where a team was not on the board."""
    parts: list[str] = []
    before: float | None = None
    for x, y in zip(xs, ys, strict=True):
        if y is not None and before is None:
            parts.append(f"M{x:.1f} {y:g}")
        elif y is not None:
            parts.append(f"H{x:.1f}" if y == before else f"H{x:.1f}V{y:g}")
        before = y
    return "".join(parts)


def _ranks(state: StandingState) -> dict[str, int]:
    return {
        row.team or row.method: row.rank for row in state.rows if row.rank is not None
    }


def _changes(state: StandingState, before: StandingState | None) -> list[Change]:
    ranks = _ranks(before) if before else {}
    return [_change(row, ranks, first=before is None) for row in state.rows]


def _change(row: StandingRow, ranks: dict[str, int], *, first: bool) -> Change:
    known = ranks.get(row.team or row.method)
    moved = ""
    if row.rank is not None and not first:
        if known is None:
            moved = "new"
        elif known != row.rank:
            arrow = "↑" if row.rank < known else "↓"
            moved = f"{arrow} {abs(known - row.rank)}"
    return Change(row=row, before=known, moved=moved)


def _number(given: str, states: int) -> int:
    number = int(given[:9]) if given.isascii() and given.isdigit() else states
    return max(min(number, states), min(states, 1))


@lru_cache(maxsize=16)
def _known(
    context: Context,
    key: str,
    revision: int,  # noqa: ARG001 - another revision may have another history
) -> tuple[list[StandingState], int | None]:
    phase = phase_of(context, key)
    states = history(context, phase)
    pairs = sum(len(state.rows) ** 2 for state in states)
    if not states or pairs > _MOST_PAIRS:
        return states, None
    found = replay(replayable(phase, states))
    return states, sum(len(item.swaps) for item in found)
