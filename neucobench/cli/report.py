"""The command ``report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console

if TYPE_CHECKING:
    from neucobench.leaderboard.tables import Result


def report(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT...", help="Run folders, folders of them, evaluation.json."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder of the report.")] = Path(
        "report"
    ),
    cubes: Annotated[
        Path | None, typer.Option(help="A folder of cubes; a few are pictured.")
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(help="A method to list outside the ranking; may be repeated."),
    ] = None,
    phase: Annotated[
        str | None, typer.Option(help="The phase, where the results hold several.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Write one HTML page with figures about one or more evaluations.

    OUT/report.html opens offline and needs no other file; OUT/figures/ holds its
    figures as PNG. Of several runs of a method the newest counts.

    Example: neucobench report results/ --cubes cubes/ --out report/
    """
    from neucobench.evaluation.result import read_evaluation
    from neucobench.leaderboard.board import build_board
    from neucobench.reports.page import write_report
    from neucobench.reports.predictions import with_predictions

    runs = [run.path for run in _choose(results, phase)]
    page = write_report(
        [with_predictions(read_evaluation(path), path) for path in runs],
        out,
        board=build_board(runs, baselines=baseline or ()),
        cubes=cubes,
    )
    figures = sorted(str(path) for path in (out / "figures").glob("*.png"))
    if as_json:
        console.print_json({"report": str(page), "figures": figures})
    console.say(f"The report is {page}; its {len(figures)} figures are beside it.")


def _choose(paths: list[Path], phase: str | None) -> "list[Result]":
    """Return the newest run of every method; runs of NeuCo-Bench itself are left out.

    They hold no labels, settings or predictions to report on.
    """
    from neucobench.errors import ResultError
    from neucobench.leaderboard.choose import choose_phase, choose_runs
    from neucobench.leaderboard.store import read_results

    found = read_results(paths)
    ours = [run for run in found if run.ours]
    if not ours:
        raise ResultError(
            "The results were written by NeuCo-Bench itself and hold no "
            "evaluation.json; evaluate the embeddings with 'neucobench evaluate'."
        )
    if len(ours) < len(found):
        console.say(
            f"{len(found) - len(ours)} results without an evaluation.json are left "
            "out; 'neucobench board build' ranks them."
        )
    runs, notes = choose_runs(choose_phase(ours, phase), all_runs=False)
    console.show_findings(notes)
    return list(runs.values())
