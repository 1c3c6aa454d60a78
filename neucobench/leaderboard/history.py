"""Replay the published states of a board: who moved although nothing was submitted?

Under a rule whose weights depend on the entries, a submission by one team can change
the order of two others. A swap is a pair of teams whose mean Q is the same in two
consecutive states of a phase, and whose order is not.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neucobench.content import read_text
from neucobench.errors import ResultError
from neucobench.leaderboard.published import PublishedRow, read_published

SCHEMA = "neucobench/board-history/1"
COLUMNS = ("phase", "commit_time", "rank", "team", "mean_q")


@dataclass(frozen=True, kw_only=True)
class State:
    """Hold a board at one moment: its phase, the time, and the rows by team."""

    phase: str
    time: datetime
    rows: Mapping[str, PublishedRow]


@dataclass(frozen=True, kw_only=True)
class Swap:
    """Name two teams that changed places, and the two states between which they did."""

    before: datetime
    after: datetime
    teams: tuple[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the swap as plain JSON types."""
        return {
            "before": self.before.isoformat(),
            "after": self.after.isoformat(),
            "teams": list(self.teams),
        }


@dataclass(frozen=True, kw_only=True)
class PhaseHistory:
    """Hold what the states of one phase show.

    Attributes:
        phase: its name.
        states: how many states were published.
        first: the time of the first one.
        last: the time of the last one.
        teams: how many teams appear.
        compared: states with at least two entries.
        not_monotone: those of them in which a better rank goes with a lower mean Q.
        swaps: teams that changed places without a change of their mean Q.
    """

    phase: str
    states: int
    first: datetime
    last: datetime
    teams: int
    compared: int
    not_monotone: int
    swaps: tuple[Swap, ...]

    @property
    def transitions(self) -> int:
        """Return between how many pairs of consecutive states a swap happened."""
        return len({(swap.before, swap.after) for swap in self.swaps})

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON types."""
        return {
            "phase": self.phase,
            "states": self.states,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "teams": self.teams,
            "compared": self.compared,
            "not_monotone": self.not_monotone,
            "swaps": len(self.swaps),
            "transitions": self.transitions,
            "swapped": [swap.as_dict() for swap in self.swaps],
        }


def replay(states: Iterable[State]) -> list[PhaseHistory]:
    """Return what the states show, phase by phase, in the order of first appearance."""
    phases: dict[str, list[State]] = defaultdict(list)
    for state in sorted(states, key=lambda item: item.time):
        phases[state.phase].append(state)
    return [_replay_phase(phase, found) for phase, found in phases.items()]


def read_states(path: Path | str) -> list[State]:
    """Return the states in a history (CSV) or a published board (JSON).

    Args:
        path: a CSV file with the columns ``COLUMNS``, one row per state and team, or a
            JSON file with the schema ``neucobench/published-board/1``.

    Raises:
        ResultError: when the file cannot be read, or a row is wrong; the message names
            the line.
    """
    path = Path(path)
    if path.suffix == ".json":
        board = read_published(path)
        return [_state(board.phase, board.date, board.rows, where=str(path))]
    rows: dict[tuple[str, datetime], list[PublishedRow]] = defaultdict(list)
    for line, row in _read_rows(path):
        where = f"{path}, line {line}"
        if None in row or None in row.values():
            raise ResultError(
                f"{where} has not as many cells as the header; every row needs as "
                "many. Correct the line."
            )
        rows[row["phase"], _time(row["commit_time"], where)].append(_row(row, where))
    if not rows:
        raise ResultError(
            f"{path} holds no states of a board, only a header; add one row per state "
            "and team."
        )
    return [
        _state(phase, time, found, where=f"{path}, {phase} at {time}")
        for (phase, time), found in rows.items()
    ]


def _replay_phase(phase: str, states: list[State]) -> PhaseHistory:
    compared = [state for state in states if len(state.rows) > 1]
    return PhaseHistory(
        phase=phase,
        states=len(states),
        first=states[0].time,
        last=states[-1].time,
        teams=len({team for state in states for team in state.rows}),
        compared=len(compared),
        not_monotone=sum(not _is_monotone(state) for state in compared),
        swaps=tuple(swap for pair in pairwise(states) for swap in _swaps(*pair)),
    )


def _is_monotone(state: State) -> bool:
    """Return whether no team ranks above another that has a higher mean Q."""
    rows = sorted(state.rows.values(), key=lambda row: (row.rank, -row.mean_q))
    return all(
        above.mean_q >= below.mean_q or above.rank == below.rank
        for above, below in pairwise(rows)
    )


def _swaps(before: State, after: State) -> list[Swap]:
    same = [
        team
        for team, row in before.rows.items()
        if team in after.rows and after.rows[team].mean_q == row.mean_q
    ]
    return [
        Swap(before=before.time, after=after.time, teams=(one, other))
        for one, other in combinations(same, 2)
        if _order(before, one, other) != _order(after, one, other)
    ]


def _order(state: State, one: str, other: str) -> int:
    difference = state.rows[one].rank - state.rows[other].rank
    return (difference > 0) - (difference < 0)


def _read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = read_text(path, encoding="utf-8-sig")
        reader = csv.DictReader(StringIO(text, newline=""))
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ResultError(
                f"{path} has no column {missing[0]!r}; a history has the columns "
                f"{', '.join(COLUMNS)}. Name its columns so."
            )
        return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ResultError(f"{path} is not a readable CSV file: {error}.") from error


def _row(row: Mapping[str, str], where: str) -> PublishedRow:
    try:
        return PublishedRow.model_validate(
            {"rank": row["rank"], "team": row["team"], "mean_q": row["mean_q"]}
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise ResultError(
            f"{where}: {problem['loc'][0]} is {problem['input']!r}: {problem['msg']}."
        ) from error


def _time(text: str, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ResultError(
            f"{where}: commit_time is {text!r}; it must be an ISO time such as "
            "2025-04-05T00:05:32+00:00."
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _state(
    phase: str, time: datetime, rows: Iterable[PublishedRow], *, where: str
) -> State:
    by_team: dict[str, PublishedRow] = {}
    for row in rows:
        if by_team.setdefault(row.team, row) is not row:
            raise ResultError(
                f"{where}: the team {row.team!r} stands there twice; a team has one "
                "row in a state. Remove the other."
            )
    return State(phase=phase, time=time, rows=by_team)
