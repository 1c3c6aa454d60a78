"""A phase played through against labels of one's own, by the phase's own rules.

::

    file ──▶ the phase's check ──▶ its protocol ──▶ what it would reveal, and its page
                  │                     │
                  └── errors: stop      └── the whole evaluation, for oneself
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neucobench.atomic import write_text
from neucobench.client.inspect import Inspected, inspect_file
from neucobench.client.rules import Rules
from neucobench.errors import InputError
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.result import Evaluation
from neucobench.evaluation.run import Advance, evaluate
from neucobench.findings import Finding
from neucobench.leaderboard.export import write_board
from neucobench.leaderboard.rank import rank_results
from neucobench.leaderboard.reveal import reveal_board, reveal_evaluation
from neucobench.leaderboard.store import result_from_document
from neucobench.leaderboard.tables import Board
from neucobench.reports.page import write_board_page, write_report
from neucobench.tasks.card import suite
from neucobench.tasks.labels import LabelTable, read_label_folder

REVEALED = "revealed.json"
BOARD = "board"
REPORT = "report"
RESULTS = "results"


class NotTaken(InputError):  # noqa: N818 - an answer, as on the server
    """The phase would not take the file; the findings say why.

    Args:
        message: a sentence.
        findings: what the check found.
    """

    def __init__(self, message: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(message)
        self.findings = findings


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Hold what came of a rehearsal.

    Attributes:
        inspected: what the check found.
        evaluation: everything; the phase itself would keep some of it back.
        revealed: what the phase would show the team.
        board: the phase's board with this entry, as far as it would be shown.
        findings: what a reader should know about the rehearsal.
    """

    inspected: Inspected
    evaluation: Evaluation
    revealed: dict[str, Any]
    board: Board
    findings: tuple[Finding, ...]


def rehearse(
    file: Path,
    rules: Rules,
    *,
    labels: Path,
    method: str | None = None,
    transductive: bool = False,
    threads: int | None = None,
    advance: Advance | None = None,
) -> Rehearsal:
    """Return what a phase would answer to a file, were these labels its own.

    Args:
        file: an embedding file.
        rules: the phase's.
        labels: a folder of label files of one's own; the cubes in them are those that
            must have an embedding. Where the suite's tasks are not all there, those
            that are there are scored.
        method: the method's name; None takes the file's.
        transductive: whether the encoder has seen the cubes that are scored.
        threads: CPU threads; None takes one for each core.
        advance: called with folds done and folds in all.

    Raises:
        NotTaken: when the phase would refuse the file.
        InputError: when labels or embeddings cannot be used, or a task has no score.
    """
    tables = read_label_folder(labels)
    inspected = inspect_file(
        file,
        rules.settings,
        protocol_name=rules.protocol,
        transductive=transductive,
        ids={name for table in tables.values() for name in table.ids},
    )
    if not inspected.fit:
        raise NotTaken(
            f"The phase {rules.phase!r} would refuse {file}; correct what is said "
            "above.",
            inspected.findings,
        )
    known, findings = _known_suite(rules, tables)
    evaluation = evaluate(
        inspected.table,
        labels=tables,
        suite=known,
        protocol=rules.protocol,
        method=method,
        phase=rules.settings.name,
        threads=threads,
        advance=advance,
        failed_probes_allowed=rules.settings.failed_probes_allowed,
    )
    _require_all_tasks(evaluation)
    codes = {task: f"task-{n:02}" for n, task in enumerate(sorted(evaluation.tasks), 1)}
    result = result_from_document(evaluation.as_dict(), Path(RESULTS))
    board = rank_results(
        {evaluation.method: replace(result, ours=False)}, rule=rules.rule
    )
    return Rehearsal(
        inspected=inspected,
        evaluation=evaluation,
        revealed=reveal_evaluation(evaluation, rules.settings, codes),
        board=reveal_board(board, rules.settings, codes),
        findings=findings,
    )


def write_rehearsal(rehearsal: Rehearsal, out: Path) -> list[Path]:
    """Write a rehearsal and return the paths to look at.

    ``revealed.json`` and ``board/`` are what the phase would show; ``report/`` and
    ``results/`` hold everything.
    """
    text = json.dumps(rehearsal.revealed, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(out / REVEALED, text + "\n")
    write_board(rehearsal.board, out / BOARD)
    page = write_board_page(rehearsal.board, out / BOARD)
    report = write_report([rehearsal.evaluation], out / REPORT)
    run = write_evaluation(rehearsal.evaluation, out / RESULTS)
    return [out / REVEALED, page, report, run]


def _known_suite(
    rules: Rules, tables: dict[str, LabelTable]
) -> tuple[str | None, tuple[Finding, ...]]:
    """Return the suite, or None and a finding where labels are missing."""
    wanted = set(suite(rules.suite).tasks)
    missing = sorted(wanted - tables.keys())
    if not missing:
        return rules.suite, ()
    message = (
        f"The labels cover {len(wanted) - len(missing)} of the {len(wanted)} tasks of "
        f"the suite {rules.suite}; the {len(tables)} label files of the folder are "
        "scored instead, so that mean Q is not that of the phase."
    )
    finding = Finding(
        code="other-tasks", level="warning", message=message, count=len(missing)
    )
    return None, (finding,)


def _require_all_tasks(evaluation: Evaluation) -> None:
    if evaluation.failed:
        reasons = " ".join(
            f"{task}: {reason}" for task, reason in evaluation.failed.items()
        )
        raise InputError(
            "The phase would end this run without a score, as not every task has one. "
            f"{reasons}"
        )
