"""A leaderboard of EvalAI, taken over as facts: rank, team, mean Q, time.

Scores are not recomputed and no account is made. The board becomes one state in the
history of a phase, or a file with the schema ``neucobench/published-board/1``.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from neucobench.atomic import write_text
from neucobench.errors import InputError
from neucobench.leaderboard.published import SCHEMA
from neucobench.server.audit import COMMAND_LINE, record
from neucobench.server.challenges.phases import bump, phase_of
from neucobench.server.clock import spoken, stamp
from neucobench.server.context import Context
from neucobench.server.operations.evalai_file import (
    LeaderboardRow,
    read_leaderboard_rows,
    read_moment,
)
from neucobench.server.tables import Standing

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, kw_only=True)
class ImportedBoard:
    """Hold a leaderboard at one moment.

    Attributes:
        source: the name of the file it was read from.
        phase: its phase, as the file names it.
        date: when it stood so.
        rows: best first.
    """

    source: str
    phase: str
    date: datetime
    rows: tuple[LeaderboardRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the board as one JSON object."""
        return {
            "source": self.source,
            "phase": self.phase,
            "date": stamp(self.date),
            "rows": [row.as_dict() for row in self.rows],
        }


def read_leaderboard(
    file: Path,
    *,
    phase: str | None = None,
    score: str | None = None,
    date: str | None = None,
) -> ImportedBoard:
    """Return the leaderboard in a CSV file.

    Args:
        file: a file with the columns that ``evalai_file`` names.
        phase: the phase to take, where the file holds several.
        score: the column with mean Q, where its name is another one.
        date: when the board stood so; None takes the time of its newest entry.

    Raises:
        InputError: when the file cannot be used; the message says why, and names the
            line where there is one.
        UsageError: when the phase or the column is not in the file.
    """
    found = read_leaderboard_rows(file, phase=phase, score=score)
    times = [row.time for row in found if row.time is not None]
    if date is not None:
        moment = read_moment(date)
        if moment is None:
            raise InputError(
                f"--date {date!r} is not a time; give it as 2025-04-05T00:05:32Z."
            )
    elif times:
        moment = max(times)
    else:
        raise InputError(
            f"{file} does not say when its entries were made, so that the time of the "
            "board is not known; give it with --date 2025-04-05T00:05:32Z."
        )
    return ImportedBoard(
        source=file.name,
        phase=phase or found[0].phase or "results",
        date=moment,
        rows=tuple(found),
    )


def write_published(board: ImportedBoard, name: str, out: Path) -> Path:
    """Write a board as ``<name>.json`` into a folder and return the path.

    Raises:
        InputError: when the name cannot be that of a file.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"The name {name!r} cannot be that of a file; use 1 to 80 letters, digits, "
            "'.', '_' and '-'."
        )
    document = {
        "schema": SCHEMA,
        "name": name,
        "title": f"{name}, {board.phase}",
        "phase": board.phase,
        "date": stamp(board.date),
        "source": f"A leaderboard of EvalAI, {board.source}",
        "rows": [row.as_dict() for row in board.rows],
    }
    path = out / f"{name}.json"
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")
    return path


def add_to_history(context: Context, key: str, board: ImportedBoard) -> None:
    """Add a board to the history of a phase, as a state of its own.

    States that were imported have numbers below zero, in the order of their time, and
    so stand before those of the server.

    Raises:
        NotFound: when the server has no such phase.
        InputError: when the history has a state of that time already.
    """
    phase = phase_of(context, key)
    with context.database.write() as session:
        states = select(Standing).where(Standing.phase_id == phase.id)
        known = list(session.scalars(states.order_by(Standing.created)))
        if any(state.created == board.date for state in known):
            raise InputError(
                f"The history of {phase.key!r} has a state of {spoken(board.date)} "
                "already; give another time with --date."
            )
        rows = [{**row.as_dict(), "method": row.team} for row in board.rows]
        imported = [
            (state.created, state.rows) for state in known if state.revision < 0
        ]
        session.execute(
            delete(Standing).where(Standing.phase_id == phase.id, Standing.revision < 0)
        )
        found = sorted([*imported, (board.date, rows)], key=lambda item: item[0])
        session.add_all(
            Standing(phase_id=phase.id, revision=number, created=created, rows=content)
            for number, (created, content) in enumerate(found, start=-len(found))
        )
        bump(session, phase.id)
        record(
            context,
            session,
            COMMAND_LINE,
            "leaderboard-imported",
            phase.key,
            f"{len(board.rows)} rows of {board.date.isoformat()}",
        )
