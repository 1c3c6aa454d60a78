"""Everything the template of the report is given."""

from collections.abc import Sequence
from dataclasses import dataclass

from neucobench import __version__
from neucobench.findings import SYNTHETIC_PREFIX
from neucobench.leaderboard.tables import Board
from neucobench.reports import sections
from neucobench.reports.drawing import Picture
from neucobench.reports.facts import (
    LabelFiles,
    Setting,
    disagreements,
    label_files,
    settings,
)
from neucobench.reports.figures import q_picture
from neucobench.reports.rules import RuleText, rule_text
from neucobench.reports.scales import MISSING, number
from neucobench.reports.summary import Method, Summary
from neucobench.reports.thumbnails import NOTE, CubePictures


@dataclass(frozen=True, kw_only=True)
class ReportView:
    """Hold what the report says, in reading order."""

    version: str
    headline: str
    lead: str
    warnings: tuple[str, ...]
    summary: Summary
    rule: RuleText | None
    ranks: tuple[str, ...]
    q_picture: Picture
    q_note: str
    q_cells: list[list[sections.Cell]]
    fold_pictures: list[Picture]
    folds_note: str
    prediction_pictures: list[Picture]
    prediction_notes: list[str]
    cubes: Sequence[CubePictures] | None
    cubes_note: str
    label_files: list[LabelFiles]
    protocol: list[Setting]
    software: list[Setting]

    @property
    def pictures(self) -> list[Picture]:
        """Return all figures."""
        return [self.q_picture, *self.fold_pictures, *self.prediction_pictures]


def report_view(
    summary: Summary, *, board: Board | None, cubes: Sequence[CubePictures] | None
) -> ReportView:
    """Return the content of a report.

    Args:
        summary: the methods and tasks in their order.
        board: what ranked them, or None.
        cubes: pictures of a few cubes, or None to leave that section out.
    """
    evaluations = [method.evaluation for method in summary.methods]
    table = summary.q()
    return ReportView(
        version=__version__,
        headline=_headline(summary),
        lead=_lead(summary),
        warnings=tuple(disagreements(evaluations)),
        summary=summary,
        rule=rule_text(board.rule) if board else None,
        ranks=tuple(_rank(method) for method in summary.methods),
        q_picture=q_picture(
            table,
            methods=[method.label for method in summary.methods],
            tasks=[task.title for task in summary.tasks],
        ),
        q_note=sections.q_note(table),
        q_cells=sections.shaded(table),
        fold_pictures=sections.fold_pictures(summary),
        folds_note=sections.folds_note(evaluations),
        prediction_pictures=sections.prediction_pictures(summary),
        prediction_notes=sections.prediction_notes(summary),
        cubes=cubes,
        cubes_note=f"{NOTE} {_origin(cubes or ())}",
        label_files=label_files(summary),
        protocol=settings(evaluations, "protocol"),
        software=settings(evaluations, "software"),
    )


def _origin(cubes: Sequence[CubePictures]) -> str:
    if all(cube.id.startswith(SYNTHETIC_PREFIX) for cube in cubes):
        return "These cubes are synthetic."
    return "Contains modified Copernicus Sentinel data."


def _headline(summary: Summary) -> str:
    methods, tasks = len(summary.methods), len(summary.tasks)
    who = summary.methods[0].label if methods == 1 else f"{methods} methods"
    return f"{who} on {tasks} {'task' if tasks == 1 else 'tasks'}"


def _lead(summary: Summary) -> str:
    names = {str(item.evaluation.protocol.get("name")) for item in summary.methods}
    under = f"under the protocol {' and '.join(sorted(names))}"
    first = [item for item in summary.methods if item.entry and item.entry.rank == 1]
    best = first or summary.methods[:1]
    mean = number(best[0].evaluation.mean_q)
    if len(summary.methods) == 1:
        return f"Mean Q is {mean}, {under}."
    if len(first) > 1:
        return f"{' and '.join(item.label for item in first)} share rank 1, {under}."
    verb = "ranks first, with" if first else "comes first, by"
    return f"{best[0].label} {verb} a mean Q of {mean}, {under}."


def _rank(method: Method) -> str:
    if method.entry is None:
        return MISSING
    if method.entry.rank is None:
        return "baseline" if method.entry.baseline else MISSING
    return str(method.entry.rank)
