"""Everything the template of a phase's board is given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from neucobench.findings import SYNTHETIC, Finding
from neucobench.leaderboard.rules import available_rules
from neucobench.leaderboard.tables import Board
from neucobench.reports.board_rows import UnrankedView, unranked_row
from neucobench.reports.certainty_view import CertaintyView, certainty_view
from neucobench.reports.rules import RuleText, rule_text
from neucobench.server.boards.standing import Standing
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.tables import Announcement
from neucobench.server.web.board.columns import Column, board_columns, in_order
from neucobench.server.web.board.query import ONLY, BoardQuery
from neucobench.server.web.board.rows import BoardRow, board_rows
from neucobench.server.web.rendering import moment_text

RULE_TITLES = {
    "weighted": "Weighted ranks",
    "uniform": "Average rank",
    "mean-q": "Mean Q",
    "borda": "Borda points",
}


@dataclass(frozen=True, kw_only=True)
class RuleLink:
    """Hold one choice of the rule switch."""

    title: str
    address: str
    shown: bool
    official: bool


@dataclass(frozen=True, kw_only=True)
class BoardPageView:
    """Hold what the board page says.

    Attributes:
        phase: the phase.
        heading: the page's.
        state: where the phase stands.
        dates: the same as a sentence.
        announcements: of its challenge.
        synthetic: whether the cubes behind the numbers are made up.
        subject: what is ranked.
        rules: the rule switch; one choice where no other can be shown.
        rule: how the score is made.
        official: whether this is the card's rule.
        query: what the visitor asked for.
        only: the choices of the filter.
        columns: heads of the table.
        rows: all entries, in the order asked for.
        shown: how many are not hidden.
        has_intervals: whether there is a column of likely ranks.
        has_groups: whether there is a column of groups.
        unranked: methods that lack a score.
        weights: of the tasks; empty for rules without.
        note: how to read the table.
        certainty: how sure the ranks are.
        findings: what a reader should know.
        files: the query of the files' addresses.
    """

    phase: PhaseRecord
    heading: str
    state: str
    dates: str
    announcements: Sequence[Announcement]
    synthetic: bool
    subject: str
    rules: list[RuleLink]
    rule: RuleText
    official: bool
    query: BoardQuery
    only: list[tuple[str, str]]
    columns: list[Column]
    rows: list[BoardRow]
    shown: int
    has_intervals: bool
    has_groups: bool
    unranked: list[UnrankedView]
    weights: list[float]
    note: str
    certainty: CertaintyView
    findings: tuple[Finding, ...]
    files: str

    @property
    def total(self) -> int:
        """Return how many entries there are."""
        return len(self.rows)

    @property
    def sorted_by(self) -> str:
        """Return the title of the column that the rows are sorted by."""
        titles = [column.title for column in self.columns if column.sorted]
        return titles[0] if titles else "rank"


def board_page_view(
    phase: PhaseRecord,
    standing: Standing,
    query: BoardQuery,
    *,
    now: datetime,
    announcements: Sequence[Announcement],
) -> BoardPageView:
    """Return what the page of a board says.

    Args:
        phase: the phase.
        standing: its board, under the rule of the query.
        query: what the visitor asked for.
        now: the server's clock.
        announcements: of the challenge.
    """
    board = standing.board
    plain = board_rows(standing)
    columns = board_columns(board, plain, query)
    rows = in_order(plain, columns, query)
    official = board.rule == phase.card.rule
    return BoardPageView(
        phase=phase,
        heading=heading(phase),
        state=phase.state(now),
        dates=dates_sentence(phase, now),
        announcements=announcements,
        synthetic=any(item.code == SYNTHETIC for item in board.findings),
        subject=_subject(phase, board),
        rules=_rule_links(phase, board, query),
        rule=rule_text(board.rule),
        official=official,
        query=query,
        only=list(ONLY.items()),
        columns=columns,
        rows=rows,
        shown=sum(not row.hidden for row in rows),
        has_intervals=any(row.interval for row in rows),
        has_groups=any(row.group for row in rows),
        unranked=[unranked_row(item, board) for item in board.unranked],
        weights=[board.weights[name] for name in board.tasks] if board.weights else [],
        note=_note(phase, board),
        certainty=certainty_view(board),
        findings=board.findings,
        files="" if official else f"?rule={board.rule}",
    )


def heading(phase: PhaseRecord) -> str:
    """Return the heading of a phase's pages."""
    return f"{phase.name[:1].upper()}{phase.name[1:]} phase"


def dates_sentence(phase: PhaseRecord, now: datetime) -> str:
    """Return where a phase stands, as a sentence."""
    state = phase.state(now)
    if state == "upcoming":
        return f"It opens on {moment_text(phase.rules.opens)}."
    if state == "open":
        return f"Submissions are accepted until {moment_text(phase.closes)}."
    if state == "closed":
        return f"It closed on {moment_text(phase.closes)}; the board stays."
    return "The challenge is archived; the board stays as it is."


def _rule_links(phase: PhaseRecord, board: Board, query: BoardQuery) -> list[RuleLink]:
    official = replace(board, rule=phase.card.rule)
    return [
        RuleLink(
            title=RULE_TITLES[rule],
            address=query.under("" if rule == phase.card.rule else rule).address or "?",
            shown=rule == board.rule,
            official=rule == phase.card.rule,
        )
        for rule in available_rules(official)
    ]


def _subject(phase: PhaseRecord, board: Board) -> str:
    ranked = sum(entry.rank is not None for entry in board.entries)
    methods = "method" if ranked == 1 else "methods"
    return (
        f"{ranked} ranked {methods} on the suite {phase.card.suite}, scored under "
        f"{phase.card.protocol}. One entry per team: {_counted(phase)}."
    )


def _counted(phase: PhaseRecord) -> str:
    return {
        "last-public": "its last public submission",
        "best-public": "its best public submission",
        "chosen": "the submission it chose",
    }[phase.rules.counts]


def _note(phase: PhaseRecord, board: Board) -> str:
    sentences = []
    if board.tasks:
        sentences.append(
            "A task's cell shows Q: blue is positive, orange negative; the stronger, "
            "the further from zero."
        )
    if phase.rules.reveals == "coded-tasks":
        sentences.append("Tasks stand under code names in this phase.")
    if phase.rules.reveals == "mean-q":
        sentences.append("This phase shows ranks and mean Q, nothing per task.")
    if any(entry.baseline for entry in board.entries):
        sentences.append(
            "Baselines are ranked as any other entry."
            if phase.card.baselines_count
            else "Baselines stand where their score puts them and have no rank."
        )
    return " ".join(sentences)
