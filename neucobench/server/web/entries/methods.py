"""One method: its place, its scores per task beside the others', its card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.reports.scales import Window, number, window
from neucobench.reports.summary import TaskTitle
from neucobench.server.accounts.requests import context_of, visitor
from neucobench.server.api.describe import describe_submission
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.refusals import NotFound
from neucobench.server.submissions.own import submission_for
from neucobench.server.tables import Submission
from neucobench.server.web.board.view import heading
from neucobench.server.web.entries.submissions import TaskLine, task_lines
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

WIDTH = 520
LEFT = 172
ROW = 26
TOP = 6
_LEAST_Q = 5.0
_TICKS = 5

CARD = (
    ("description", "Description"),
    ("code", "Code"),
    ("weights", "Weights"),
    ("training_data", "Training data"),
)


@dataclass(frozen=True, kw_only=True)
class Dot:
    """Hold one dot of the figure; ``outside`` ones lie further left than it reaches."""

    x: float
    outside: bool


@dataclass(frozen=True, kw_only=True)
class StripRow:
    """Hold one task of the figure: this method's Q among the others'."""

    title: str
    y: float
    this: Dot | None
    others: list[Dot]


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Hold the figure of Q per task, in the units of its SVG element.

    Attributes:
        rows: the tasks.
        ticks: where the axis is labeled, and how.
        zero: where Q is zero, or None.
        height: of the element.
        some_outside: whether a value lies further left than the axis.
    """

    rows: list[StripRow]
    ticks: list[tuple[float, str]]
    zero: float | None
    height: float
    some_outside: bool


@dataclass(frozen=True, kw_only=True)
class MethodView:
    """Hold what the page of a method says.

    Attributes:
        phase: the phase.
        heading: of the phase.
        item: the submission.
        entry: its row on the board; None when another one counts for its team.
        of: how many entries are ranked.
        mean_q: as the phase reveals it.
        tasks: its scores, as the phase reveals them.
        task_ranks: its rank per task.
        strip: the figure, or None where nothing per task is shown.
        card: the method card, as title and text.
    """

    phase: PhaseRecord
    heading: str
    item: Submission
    entry: BoardEntry | None
    of: int
    mean_q: float | None
    tasks: list[TaskLine]
    task_ranks: Mapping[str, int]
    strip: Strip | None
    card: list[tuple[str, str]]


@router.get("/phases/{key}/methods/{number}")
def method(request: Request, key: str, number: str) -> Response:
    """Return the page of a method."""
    context = context_of(request)
    phase = phase_of(context, key)
    who = visitor(request)
    item = submission_for(context, number, who)
    if item.phase_id != phase.id:
        raise NotFound("There is no such method in this phase; look on its board.")
    document = describe_submission(context, item, who)
    found = standing(context, phase)
    labels = {facts.id: facts.label for facts in found.entries}
    entries = {entry.method: entry for entry in found.board.entries}
    entry = entries.get(labels.get(item.id, ""))
    tasks = task_lines(document.result)
    view = MethodView(
        phase=phase,
        heading=heading(phase),
        item=item,
        entry=entry,
        of=sum(other.rank is not None for other in found.board.entries),
        mean_q=document.mean_q,
        tasks=tasks,
        task_ranks={n: task.rank for n, task in entry.tasks.items()} if entry else {},
        strip=strip(tasks, found.board, entry),
        card=[(title, item.card[name]) for name, title in CARD if item.card.get(name)],
    )
    return page(request, "method_page.html", view, section="challenges")


def strip(
    tasks: Sequence[TaskLine], board: Board, entry: BoardEntry | None
) -> Strip | None:
    """Return the figure of a method's Q among the others', or None without tasks."""
    if not tasks:
        return None
    others = [other for other in board.entries if other is not entry]
    known = [
        *(line.q for line in tasks),
        *(score.q for other in others for score in other.tasks.values()),
    ]
    limits = window([q for q in known if q is not None], least=_LEAST_Q)
    rows = [
        StripRow(
            title=_short(line.task),
            y=TOP + ROW * (index + 0.5),
            this=_dot(line.q, limits),
            others=[
                dot
                for other in others
                if line.task.name in other.tasks
                and (dot := _dot(other.tasks[line.task.name].q, limits))
            ],
        )
        for index, line in enumerate(tasks)
    ]
    return Strip(
        rows=rows,
        ticks=_ticks(limits),
        zero=_x(0.0, limits) if limits.low < 0 < limits.high else None,
        height=TOP + ROW * len(rows) + 36,
        some_outside=limits.below > 0,
    )


def _x(q: float, limits: Window) -> float:
    share = (q - limits.low) / (limits.high - limits.low)
    return round(LEFT + (WIDTH - LEFT - 12) * share, 1)


def _dot(q: float | None, limits: Window) -> Dot | None:
    if q is None or not np.isfinite(q):
        return None
    return Dot(x=_x(limits.clip(q), limits), outside=q < limits.low)


def _ticks(limits: Window) -> list[tuple[float, str]]:
    span = (limits.high - limits.low) / _TICKS
    unit = 10.0 ** np.floor(np.log10(span))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= span)
    digits = max(0, -int(np.floor(np.log10(step))))
    first = np.ceil(limits.low / step) * step
    return [
        (_x(float(at), limits), number(float(at) + 0.0, digits))
        for at in np.arange(first, limits.high, step)
    ]


def _short(task: TaskTitle, longest: int = 25) -> str:
    title = task.title
    return title if len(title) <= longest else f"{title[: longest - 1]}…"
