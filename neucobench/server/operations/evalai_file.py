"""The CSV files in which leaderboards of EvalAI are kept.

=========  =======================================================================
what       accepted names of its column; case, spaces and underscores do not matter
=========  =======================================================================
team       Participant team, Team Name, Team, submission__participant_team__team_name
mean Q     Mean Q, Q, Score, or the one named by ``--score``
rank       Rank; without it, the order of the lines
phase      Challenge Phase, Phase; without it, all lines are of one phase
time       Submitted At, Last submission at, submission__submitted_at, Created At
status     Status; lines with another one than ``finished`` are left out
=========  =======================================================================

Other columns are passed over. EvalAI's own file of *submissions* has no scores in it;
what is needed is the leaderboard.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from neucobench.content import read_text
from neucobench.errors import InputError, UnknownNameError, UsageError

_COLUMNS = {
    "team": (
        "participantteam",
        "teamname",
        "team",
        "submissionparticipantteamteamname",
    ),
    "score": ("meanq", "q", "score"),
    "rank": ("rank",),
    "phase": ("challengephase", "phase"),
    "time": (
        "submittedat",
        "submittedatmmddyyyyhhmmss",
        "lastsubmissionat",
        "submissionsubmittedat",
        "createdat",
    ),
    "status": ("status",),
}
_LONGEST_NAME = 200
_MONTH_FIRST = "%m/%d/%Y %H:%M:%S"


@dataclass(frozen=True, kw_only=True)
class LeaderboardRow:
    """Hold one line: a team, its rank and mean Q, its phase and time where known."""

    rank: int
    team: str
    mean_q: float
    phase: str
    time: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """Return rank, team and mean Q, as a published board has them."""
        return {"rank": self.rank, "team": self.team, "mean_q": self.mean_q}


def read_leaderboard_rows(
    file: Path, *, phase: str | None, score: str | None
) -> list[LeaderboardRow]:
    """Return the lines of a leaderboard, best first.

    Raises:
        InputError: when the file cannot be read, lacks a column, or a line is wrong.
        UsageError: when the phase or the column is not in the file.
    """
    header, lines = _read(file)
    columns = _columns(file, header, score)
    rows: list[LeaderboardRow] = []
    for number, line in _of_phase(file, lines, columns, phase):
        rows.append(
            _row(line, columns, where=f"{file}, line {number}", place=len(rows))
        )
    teams = [row.team for row in rows]
    twice = next((team for team in teams if teams.count(team) > 1), None)
    if twice is not None:
        raise InputError(
            f"{file} has the team {twice!r} more than once; a leaderboard has one line "
            "for each. Export the leaderboard, not the submissions."
        )
    if not rows:
        raise InputError(
            f"{file} has no finished entry; there is nothing to take over."
        )
    return sorted(rows, key=lambda row: row.rank)


def read_moment(text: str) -> datetime | None:
    """Return a time in UTC, or None where the text is none."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.strptime(text, _MONTH_FIRST).replace(tzinfo=UTC)
        except ValueError:
            return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _read(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = read_text(file, encoding="utf-8-sig")
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        header = next(reader, [])
        lines = [(reader.line_num, line) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{file} is not a readable CSV file: {error}. Save the leaderboard as CSV, "
            "in UTF-8."
        ) from error
    for number, line in lines:
        if len(line) != len(header):
            raise InputError(
                f"{file}, line {number}: it has {len(line)} cells and the header "
                f"{len(header)}; every line needs as many. Correct the line."
            )
    return header, lines


def _columns(file: Path, header: Sequence[str], score: str | None) -> dict[str, int]:
    """Return the places of the columns that the header has."""
    plain = [_plain(name) for name in header]
    found = {
        what: plain.index(name)
        for what, names in _COLUMNS.items()
        for name in reversed(names)
        if name in plain
    }
    if score is not None:
        if _plain(score) not in plain:
            raise UnknownNameError(f"column in {file}", score, header)
        found["score"] = plain.index(_plain(score))
    if "team" not in found:
        raise InputError(
            f"{file} has no column with the teams; it is called 'Participant team', "
            f"'Team Name' or 'Team'. There are: {', '.join(map(repr, header))}."
        )
    if "score" not in found:
        raise InputError(
            f"{file} has no column 'Mean Q', 'Q' or 'Score'; name the one with mean Q "
            f"by --score. There are: {', '.join(map(repr, header))}. (EvalAI's file "
            "of submissions has no scores; take the leaderboard.)"
        )
    return found


def _of_phase(
    file: Path,
    lines: Sequence[tuple[int, list[str]]],
    columns: Mapping[str, int],
    phase: str | None,
) -> list[tuple[int, list[str]]]:
    """Return the finished lines of one phase."""
    status, place = columns.get("status"), columns.get("phase")
    finished = [
        (number, line)
        for number, line in lines
        if status is None or line[status].strip().lower() == "finished"
    ]
    if place is None:
        return finished
    phases = sorted({line[place] for _, line in finished})
    if phase is not None and phase not in phases:
        raise UnknownNameError(f"phase in {file}", phase, phases)
    if phase is None and len(phases) > 1:
        raise UsageError(
            f"{file} holds {len(phases)} phases, {', '.join(map(repr, phases))}; take "
            "one with --challenge-phase."
        )
    return [item for item in finished if phase in (None, item[1][place])]


def _row(
    line: Sequence[str], columns: Mapping[str, int], *, where: str, place: int
) -> LeaderboardRow:
    cells = {what: line[at] for what, at in columns.items()}
    team = cells["team"]
    if not team.strip() or len(team) > _LONGEST_NAME:
        raise InputError(
            f"{where}: the team's name is {team[:40]!r}; it must have 1 to "
            f"{_LONGEST_NAME} characters. Correct the line."
        )
    time = read_moment(cells["time"]) if cells.get("time", "").strip() else None
    return LeaderboardRow(
        rank=_rank(cells["rank"], where) if "rank" in cells else place + 1,
        team=team,
        mean_q=_number(cells["score"], where),
        phase=cells.get("phase", ""),
        time=time,
    )


def _rank(text: str, where: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text.strip()):
        raise InputError(
            f"{where}: the rank is {text[:40]!r}; it must be 1, 2, 3 and so on. "
            "Correct the line."
        )
    return int(text)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{where}: the score is {text[:40]!r}; it must be a finite number. Correct "
            "the line, or remove it."
        )
    return value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
