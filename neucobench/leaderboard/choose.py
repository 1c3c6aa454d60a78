"""Choose the runs that a board ranks: one phase, and the newest run of each method."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from neucobench.errors import UnknownNameError, UsageError
from neucobench.findings import Finding
from neucobench.leaderboard.store import age
from neucobench.leaderboard.tables import Result
from neucobench.names import printable


def choose_phase(results: Sequence[Result], phase: str | None) -> list[Result]:
    """Return the results of one phase.

    Scores of different phases rest on different cubes, so they are never ranked
    together.

    Raises:
        UnknownNameError: when no result is of that phase.
        UsageError: when there are several phases and none was chosen.
    """
    phases = sorted({result.phase for result in results})
    if phase is None and len(phases) > 1:
        names = ", ".join(repr(name) for name in phases)
        raise UsageError(
            f"The results hold {len(phases)} phases, {names}; a board ranks one. "
            "Choose it with --phase."
        )
    if phase is not None and phase not in phases:
        raise UnknownNameError("phase", phase, phases)
    return [result for result in results if phase in (None, result.phase)]


def choose_runs(
    results: Sequence[Result], *, all_runs: bool
) -> tuple[dict[str, Result], list[Finding]]:
    """Return the runs to rank by the name they get on the board, and what was left out.

    Args:
        results: the runs of one phase.
        all_runs: keep every run; those of one method are told apart by their time.
    """
    by_method: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=age):
        by_method[result.method].append(result)
    chosen: dict[str, Result] = {}
    findings: list[Finding] = []
    for method, runs in sorted(by_method.items()):
        if len(runs) == 1 or not all_runs:
            chosen[method] = runs[-1]
        else:
            _add_all(chosen, method, runs, taken=by_method)
        if len(runs) > 1 and not all_runs:
            findings.append(
                Finding(
                    code="older-runs",
                    level="info",
                    message=(
                        f"{printable(method)} has {len(runs)} runs; the newest counts, "
                        "--all-runs ranks them all."
                    ),
                    count=len(runs) - 1,
                )
            )
    return dict(sorted(chosen.items())), findings


def _add_all(
    chosen: dict[str, Result],
    method: str,
    runs: list[Result],
    *,
    taken: Collection[str],
) -> None:
    """Add every run under a name that no other run and no method has."""
    for number, run in enumerate(runs, start=1):
        when = run.created.strftime("%Y-%m-%d %H:%M:%S") if run.created else "no time"
        name = f"{method} ({when})"
        while name in chosen or name in taken:
            name = f"{name} #{number}"
        chosen[name] = run
