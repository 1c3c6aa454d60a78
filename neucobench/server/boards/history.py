"""How a board came to be: the states that it has gone through, as they were revealed.

A state is written down when a score, a withdrawal or a choice has changed a row. What
is kept is what everybody could see at that time: rank, team, method and mean Q.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from neucobench.leaderboard.history import State
from neucobench.leaderboard.published import PublishedRow
from neucobench.server.boards.standing import Standing as BoardStanding
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import PhaseRecord, phase_numbered
from neucobench.server.context import Context
from neucobench.server.tables import ChallengePhase, Standing, Submission


@dataclass(frozen=True, kw_only=True)
class StandingRow:
    """Hold one row of an earlier state; a baseline has no team, and maybe no rank."""

    rank: int | None
    team: str
    method: str
    mean_q: float


@dataclass(frozen=True, kw_only=True)
class StandingState:
    """Hold one state of a board: since when, and its rows, best first."""

    revision: int
    created: datetime
    rows: tuple[StandingRow, ...]


def record_standing(context: Context, phase: PhaseRecord) -> bool:
    """Write down the state of a board, unless its rows are those of the last one.

    The phase is read again: what changes a board changes its revision.

    Returns:
        Whether there was anything new.
    """
    with context.database.read() as session:
        phase = phase_numbered(context, session, phase.id)
    found = standing(context, phase)
    rows = _rows(found)
    with context.database.write() as session:
        # Who comes second waits here, and then finds the rows written down.
        session.get(ChallengePhase, phase.id, with_for_update=True)
        last = _last(session, phase.id)
        known = last is not None and last.revision >= found.revision
        if known or rows == ([] if last is None else last.rows):
            return False
        session.add(
            Standing(
                phase_id=phase.id,
                revision=found.revision,
                created=context.clock(),
                rows=rows,
            )
        )
    return True


def record_change(context: Context, submission_id: str) -> bool:
    """Write down the board that a submission is on, after something was done to it."""
    with context.database.read() as session:
        number = session.get_one(Submission, submission_id).phase_id
        phase = phase_numbered(context, session, number)
    return record_standing(context, phase)


def history(context: Context, phase: PhaseRecord) -> list[StandingState]:
    """Return the states that a phase's board has gone through, the oldest first."""
    with context.database.read() as session:
        stored = session.scalars(
            select(Standing)
            .where(Standing.phase_id == phase.id)
            .order_by(Standing.revision)
        )
        return [
            StandingState(
                revision=state.revision,
                created=state.created,
                rows=tuple(StandingRow(**row) for row in state.rows),
            )
            for state in stored
        ]


def last_revision(context: Context, phase: PhaseRecord) -> int | None:
    """Return the revision of the newest state that is written down; None for none."""
    with context.database.read() as session:
        newest = select(func.max(Standing.revision))
        return session.scalar(newest.where(Standing.phase_id == phase.id))


def replayable(phase: PhaseRecord, states: list[StandingState]) -> list[State]:
    """Return states in the form that ``board history`` replays; ranked rows only."""
    return [
        State(
            phase=phase.name,
            time=state.created,
            rows={
                row.team or row.method: PublishedRow(
                    rank=row.rank, team=row.team or row.method, mean_q=row.mean_q
                )
                for row in state.rows
                if row.rank is not None
            },
        )
        for state in states
    ]


def _last(session: Session, phase_id: int) -> Standing | None:
    return session.scalar(
        select(Standing)
        .where(Standing.phase_id == phase_id)
        .order_by(Standing.revision.desc())
        .limit(1)
    )


def _rows(found: BoardStanding) -> list[Mapping[str, Any]]:
    facts = {entry.label: entry for entry in found.entries}
    return [
        {
            "rank": entry.rank,
            "team": found.teams[entry.method],
            "method": facts[entry.method].method,
            "mean_q": entry.mean_q,
        }
        for entry in found.board.entries
    ]
