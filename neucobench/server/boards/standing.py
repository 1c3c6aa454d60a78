"""Where the teams of a phase stand: the board, as far as the phase reveals it.

Ranking is the work of ``leaderboard.rank``, which ``board build`` uses too: the results
that a server exports give the same numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.leaderboard.rank import rank_results
from neucobench.leaderboard.reveal import reveal_board
from neucobench.leaderboard.rules import available_rules, rerank
from neucobench.leaderboard.store import result_from_document
from neucobench.leaderboard.tables import Board, Result
from neucobench.scoring.ranking import RULES
from neucobench.server.boards.cache import SingleFlight
from neucobench.server.boards.entries import EntryFacts, counted_entries
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.context import Context
from neucobench.server.database.engine import Database
from neucobench.server.refusals import NotAllowed, NotFound
from neucobench.server.tables import Score

_KEPT = 64
_KNOWN: WeakKeyDictionary[Database, SingleFlight] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Hold the board of a phase and what else there is to say about its entries.

    Attributes:
        board: the board, as far as it may be shown.
        teams: what an entry is called to its team's name; empty for a baseline.
        entries: the facts about the entries, sorted by what they are called.
        revision: the phase's revision that it shows.
    """

    board: Board
    teams: Mapping[str, str]
    entries: tuple[EntryFacts, ...]
    revision: int


def standing(
    context: Context,
    phase: PhaseRecord,
    *,
    rule: str | None = None,
    full: bool = False,
) -> Standing:
    """Return where the teams of a phase stand.

    It is made once for a revision of the phase and then kept; who asks meanwhile waits.
    The first call takes up to a second for hundreds of entries, so call it from a
    thread; a route that is a plain ``def`` runs in one.

    Args:
        context: the server's.
        phase: the phase, as just read.
        rule: another rule than the official one.
        full: for hosts: every figure, whatever the phase reveals.

    Raises:
        NotFound: when there is no such rule.
        NotAllowed: when the phase does not reveal what the rule needs.
    """
    if rule is not None and rule not in RULES:
        raise NotFound(f"There is no rule {rule[:40]!r}; there are {', '.join(RULES)}.")
    rule = None if rule == phase.card.rule else rule
    key = (phase.id, phase.revision, rule, full)
    make = partial(_make, context, phase, rule=rule, full=full)
    return cache_of(context).get(key, make)


def cache_of(context: Context) -> SingleFlight:
    """Return what keeps the boards of a server."""
    return _KNOWN.setdefault(context.database, SingleFlight(most=_KEPT))


def _make(
    context: Context, phase: PhaseRecord, *, rule: str | None, full: bool
) -> Standing:
    if rule is None:
        return _official(context, phase, full=full)
    official = standing(context, phase, full=full)
    if rule not in available_rules(official.board):
        raise NotAllowed(
            f"The phase {phase.name!r} does not reveal the scores per task that the "
            f"rule {rule} needs; ask for the rule {official.board.rule} or mean-q."
        )
    return replace(official, board=rerank(official.board, rule))


def _official(context: Context, phase: PhaseRecord, *, full: bool) -> Standing:
    with context.database.read() as session:
        counted = counted_entries(session, phase)
        runs = _runs(session, counted)
    entries = tuple(counted.values())
    board = rank_results(
        runs,
        card=phase.card,
        baselines={entry.label for entry in entries if entry.baseline},
    )
    if not runs:
        board = replace(board, protocol=phase.card.protocol)
    return Standing(
        board=board if full else reveal_board(board, phase.rules, phase.codes),
        teams={entry.label: entry.team for entry in entries},
        entries=entries,
        revision=phase.revision,
    )


def _runs(session: Session, counted: Mapping[int, EntryFacts]) -> dict[str, Result]:
    """Return the results of the entries by their label; no other ones are read.

    Args:
        session: the transaction.
        counted: the numbers of the scores, and whose they are.
    """
    stored = session.execute(
        select(Score.id, Score.evaluation).where(Score.id.in_(counted))
    )
    runs = {}
    for number, document in stored:
        entry = counted[number]
        result = result_from_document(document, Path(f"submissions/{entry.id}"))
        # There is no file to point to; an export writes one, and says where.
        runs[entry.label] = replace(result, method=entry.label, ours=False)
    return runs
