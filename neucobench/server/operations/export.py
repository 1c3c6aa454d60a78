"""Write the boards of a server as a static site, which can live without any server.

::

    DIR/
    ├── index.html                       challenges, phases, announcements
    ├── export.json                      the site's files
    └── <challenge>/<phase>/
        ├── index.html                   the board, and board.csv, board.json, board.md
        ├── rules.html
        ├── history.csv                  every state, as published histories have them
        ├── results/<method>/<revision>/ where the phase reveals everything
        └── <challenge>-<phase>.json     elsewhere: ranks and mean Q as published facts
"""

import csv
import io
import json
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neucobench.atomic import hidden_path
from neucobench.evaluation.folder import safe_name
from neucobench.leaderboard.export import write_board
from neucobench.leaderboard.published import SCHEMA as PUBLISHED
from neucobench.leaderboard.tables import Board
from neucobench.names import printable, spreadsheet_safe
from neucobench.reports.page import write_board_page
from neucobench.server.boards.history import StandingState, history
from neucobench.server.boards.standing import Standing, standing
from neucobench.server.challenges.phases import PhaseRecord, list_phases, phase_of
from neucobench.server.clock import stamp
from neucobench.server.context import Context
from neucobench.server.operations.entry_folders import RESULTS, write_entries
from neucobench.server.operations.site_folder import (
    replace_site,
    require_own_folder,
)
from neucobench.server.operations.site_pages import (
    PhaseLink,
    clock_time,
    index_page,
    rules_page,
)

HISTORY = "history.csv"
_COLUMNS = ("updated", "phase", "commit", "commit_time", "rank", "team", "mean_q")
_HOME = "../../index.html"


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """Say what an export did.

    Attributes:
        folder: the site's.
        phases: how many boards it has.
        files: its files, relative to it.
        written: how many of them are new or changed.
        removed: how many of an earlier export are gone.
    """

    folder: Path
    phases: int
    files: tuple[str, ...]
    written: int
    removed: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {**vars(self), "folder": str(self.folder), "files": list(self.files)}


def export_site(
    context: Context, out: Path, *, phase: str | None = None
) -> ExportReport:
    """Write what the phases reveal as a site; equal boards give equal bytes.

    Args:
        context: the server's.
        out: the site's folder; never one in which cards are kept.
        phase: the key of the only phase to write; None writes all.

    Raises:
        NotFound: when there is no such phase.
        InputError: when the folder cannot be the site's.
    """
    require_own_folder(out)
    phases = list_phases(context) if phase is None else [phase_of(context, phase)]
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = hidden_path(out.resolve())
    staged.mkdir(mode=0o700)
    try:
        links = [(item, _write_phase(context, item, staged)) for item in phases]
        _write(staged / "index.html", index_page(context, links))
        # GitHub Pages would pass over names that begin with an underscore.
        _write(staged / ".nojekyll", "")
        files = sorted(
            path.relative_to(staged).as_posix()
            for path in staged.rglob("*")
            if path.is_file()
        )
        changes = replace_site(staged, out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return ExportReport(
        folder=out,
        phases=len(phases),
        files=tuple(files),
        written=changes.written,
        removed=changes.removed,
    )


def _write_phase(context: Context, phase: PhaseRecord, site: Path) -> PhaseLink:
    """Write the folder of one phase and return the link to it."""
    place = Path(safe_name(phase.challenge), safe_name(phase.name))
    folder = site / place
    folder.mkdir(parents=True)
    found = standing(context, phase)
    board = found.board
    if phase.rules.reveals == "everything":
        written = write_entries(context, phase, found.entries, folder)
        board = _with_evaluations(board, written)
        if written:
            text = _results_note(phase, found)
            _write(folder / RESULTS / "README.md", text)
    else:
        document = _published(phase, found, history(context, phase))
        _write(folder / f"{document['name']}.json", _json(document))
    write_board(board, folder)
    title = f"{phase.title}, {phase.name}"
    card = phase.card.model_copy(update={"title": title})
    beside = {"All boards": _HOME, "Rules": "rules.html", "History": HISTORY}
    write_board_page(board, folder, card=card, beside=beside)
    _write(folder / "rules.html", rules_page(phase, home=_HOME))
    _write(folder / HISTORY, _history_csv(phase, history(context, phase)))
    return PhaseLink(
        name=phase.name,
        opens=clock_time(phase.rules.opens),
        closes=clock_time(phase.closes),
        entries=len(board.entries),
        folder=place.as_posix(),
        files=tuple(
            path.name
            for path in sorted(folder.iterdir())
            if path.suffix in (".csv", ".json")
        ),
    )


def _with_evaluations(board: Board, written: Mapping[str, Path]) -> Board:
    entries = [
        replace(entry, evaluation=written[entry.method]) for entry in board.entries
    ]
    return replace(board, entries=tuple(entries))


def _published(
    phase: PhaseRecord, found: Standing, states: list[StandingState]
) -> dict[str, Any]:
    """Return the ranked rows as a published board: rank, team, mean Q."""
    # Not the present time: the same board gives the same bytes.
    moment = states[-1].created if states else phase.rules.opens
    return {
        "schema": PUBLISHED,
        "name": f"{safe_name(phase.challenge)}-{safe_name(phase.name)}",
        "title": f"{phase.title}, {phase.name}",
        "phase": phase.name,
        "date": stamp(moment),
        "source": f"Exported from the server of the challenge {phase.challenge}",
        "rows": [
            {
                "rank": entry.rank,
                "team": found.teams[entry.method] or entry.method,
                "mean_q": entry.mean_q,
            }
            for entry in found.board.entries
            if entry.rank is not None
        ],
    }


def _history_csv(phase: PhaseRecord, states: list[StandingState]) -> str:
    """Return the states as a history: ranked rows, one line each.

    States are numbered in a row; the revisions behind them count private scores, too.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for number, state in enumerate(states, start=1):
        created = state.created.replace(microsecond=0)
        for row in state.rows:
            if row.rank is not None:
                writer.writerow(
                    [
                        clock_time(created),
                        phase.name,
                        number,
                        created.isoformat(),
                        row.rank,
                        spreadsheet_safe(row.team or row.method),
                        repr(row.mean_q),
                    ]
                )
    return text.getvalue()


def _results_note(phase: PhaseRecord, found: Standing) -> str:
    """Return how the board is made again, with the baselines that no card names."""
    words = ["neucobench", "board", "build", ".", "--board", phase.card.name]
    words += ["--phase", phase.name]
    for entry in found.entries:
        if entry.baseline and entry.label not in phase.card.baselines:
            words += ["--baseline", entry.label]
    return (
        f"Entries of the phase {phase.name} of {phase.challenge}: a method card and an "
        "evaluation each. The board is made from them again, in this folder, with\n\n"
        f"    {printable(shlex.join(words))}\n"
    )


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
