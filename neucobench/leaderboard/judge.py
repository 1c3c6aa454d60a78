"""Say what a reader of a board should know about the results behind it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from neucobench.evaluation.protocol import protocol
from neucobench.findings import SYNTHETIC, Finding
from neucobench.leaderboard.card import BoardCard
from neucobench.leaderboard.tables import Result


def common_protocol(runs: Collection[Result]) -> str | None:
    """Return the name of the protocol that all runs share, or None.

    Runs share a protocol when every setting is equal; of several names for the same
    settings, a card's goes before that of a configuration file.
    """
    settings = [run.settings for run in runs]
    names = sorted(
        {run.protocol for run in runs if run.protocol is not None},
        key=lambda name: (name.startswith("config:"), name),
    )
    if not names or None in settings or any(item != settings[0] for item in settings):
        return None
    return names[0]


def judge_results(
    complete: Mapping[str, Result],
    tasks: Sequence[str],
    *,
    runs: Mapping[str, Result],
    card: BoardCard | None,
) -> list[Finding]:
    """Return what makes the ranked results hard to compare, or incomplete.

    Args:
        complete: the ranked runs by name.
        tasks: the tasks of the board.
        runs: all chosen runs, the ranked ones included.
        card: the board's card, or None.
    """
    found = [
        *_synthetic(complete),
        *_protocols(complete, card),
        *_inputs(complete, tasks),
    ]
    if not complete:
        found.append(
            _warn(
                "nothing-ranked",
                "No method has a score for every task of the board, so none is ranked.",
            )
        )
    failed = {task for run in runs.values() for task in run.failed} - set(tasks)
    for task in sorted(failed) if card is None else ():
        found.append(
            _warn(
                "failed-task",
                "The task could not be scored for any method; it is not on the board.",
                task=task,
            )
        )
    return found


def _synthetic(runs: Mapping[str, Result]) -> list[Finding]:
    count = sum(run.synthetic for run in runs.values())
    if not count:
        return []
    message = (
        f"{count} of {len(runs)} methods were scored on synthetic cubes: the board "
        "says nothing about real data."
    )
    return [Finding(code=SYNTHETIC, level="info", message=message, count=count)]


def _protocols(runs: Mapping[str, Result], card: BoardCard | None) -> list[Finding]:
    if not runs:
        return []
    shared = common_protocol(runs.values())
    if all(run.settings is None for run in runs.values()):
        return [
            _warn(
                "unknown-protocol",
                "The results do not say by which protocol they were scored; their "
                "scores may not be comparable.",
            )
        ]
    if shared is None:
        return [
            _warn(
                "different-protocols",
                "The results were not all scored by the same protocol "
                f"({_list(run.protocol or 'unknown' for run in runs.values())}); their "
                "scores are not comparable.",
            )
        ]
    if card is not None and not _follows(runs.values(), card.protocol):
        return [
            _warn(
                "other-protocol",
                f"The results were scored by the protocol {shared}; the board "
                f"{card.name} asks for {card.protocol}.",
            )
        ]
    return []


def _follows(runs: Iterable[Result], name: str) -> bool:
    """Tell whether runs were scored by a protocol, whatever they call it."""
    settings = protocol(name).settings()
    return all(run.protocol == name or run.settings == settings for run in runs)


def _inputs(runs: Mapping[str, Result], tasks: Sequence[str]) -> list[Finding]:
    """Return a finding for every task whose entries saw different labels or samples."""
    found = []
    for task in tasks:
        results = [run.tasks[task] for run in runs.values()]
        digests = {item.labels for item in results if item.labels is not None}
        rows = {item.rows for item in results if item.rows is not None}
        if len(digests) > 1:
            found.append(
                _warn(
                    "different-labels",
                    f"The entries were scored on {len(digests)} different label files.",
                    task=task,
                )
            )
        elif len(rows) > 1:
            found.append(
                _warn(
                    "different-samples",
                    f"The entries were scored on {min(rows)} to {max(rows)} samples; "
                    "some lack embeddings.",
                    task=task,
                )
            )
    return found


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _warn(code: str, message: str, *, task: str | None = None) -> Finding:
    return Finding(code=code, level="warning", message=message, task=task)
