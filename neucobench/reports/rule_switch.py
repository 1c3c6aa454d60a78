"""The same board under every rule, side by side."""

from dataclasses import dataclass
from typing import Any

from neucobench.leaderboard.rules import available_rules, rerank
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.reports.certainty_view import rank_text
from neucobench.reports.rules import RuleText, rule_text
from neucobench.reports.scales import MISSING, number


@dataclass(frozen=True, kw_only=True)
class RuleChoice:
    """Hold one rule of the switch.

    Attributes:
        rule: its name.
        text: what it does.
        official: whether it is the board's own.
        weights: of the tasks, in their order; empty for rules without weights.
    """

    rule: str
    text: RuleText
    official: bool
    weights: list[float]


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """Hold one entry: its rank under every rule.

    Attributes:
        method: its name.
        ranks: what stands in the columns of the rules.
        moved: for each rule, whether the rank is another one than the official.
    """

    method: str
    ranks: list[str]
    moved: list[bool]


@dataclass(frozen=True, kw_only=True)
class RuleSwitch:
    """Hold the rules of a board, and every entry under them.

    Attributes:
        choices: the rules.
        rows: the entries in the order of the board.
        cells: method to rule to the texts of its row under that rule: ``place``,
            ``rank``, ``interval``, ``low``, ``group``, ``score`` and ``value``.
    """

    choices: list[RuleChoice]
    rows: list[RuleRow]
    cells: dict[str, dict[str, dict[str, Any]]]


def rule_switch(board: Board) -> RuleSwitch:
    """Return a board under every rule that what it shows is enough for."""
    boards = {rule: rerank(board, rule) for rule in available_rules(board)}
    cells: dict[str, dict[str, dict[str, Any]]] = {
        entry.method: {} for entry in board.entries
    }
    for rule, found in boards.items():
        for place, entry in enumerate(found.entries, start=1):
            cells[entry.method][rule] = _cells(found, entry, place)
    return RuleSwitch(
        choices=[
            RuleChoice(
                rule=rule,
                text=rule_text(rule),
                official=rule == board.rule,
                weights=[found.weights[task] for task in board.tasks]
                if found.weights
                else [],
            )
            for rule, found in boards.items()
        ],
        rows=[_row(entry, cells[entry.method], board.rule) for entry in board.entries],
        cells=cells,
    )


def _cells(board: Board, entry: BoardEntry, place: int) -> dict[str, Any]:
    text = rule_text(board.rule)
    return {
        "place": place,
        "rank": rank_cell(entry),
        "interval": rank_text(entry) or MISSING,
        "low": entry.rank_interval[0] if entry.rank_interval else None,
        "group": board.certainty.letters(entry.method) if board.certainty else "",
        "score": number(entry.score, text.digits),
        "value": entry.score,
    }


def _row(entry: BoardEntry, cells: dict[str, dict[str, Any]], official: str) -> RuleRow:
    ranks = [cell["rank"] for cell in cells.values()]
    own = cells[official]["rank"]
    return RuleRow(
        method=entry.method, ranks=ranks, moved=[rank != own for rank in ranks]
    )


def rank_cell(entry: BoardEntry) -> str:
    """Return what stands in the rank column; a baseline says so."""
    if entry.rank is not None:
        return str(entry.rank)
    return "baseline" if entry.baseline else MISSING
