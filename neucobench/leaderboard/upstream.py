"""Results written by NeuCo-Bench itself: ``results_summary.json`` and its companions.

Runs since 2026 store ``task_q_scores`` and ``task_acc_scores``; older ones store
``task_results`` (``task_result`` in upstream's own reader, which therefore loses them).
The folder is ``<out>/<phase>/<method>_<YYYYmmdd_HHMMSS>/``.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neucobench.errors import CardError, ResultError
from neucobench.evaluation.document import read_json
from neucobench.evaluation.protocol import (
    Protocol,
    protocol,
    protocol_from_config,
    protocol_names,
)
from neucobench.evaluation.upstream_config import parse_config
from neucobench.leaderboard.tables import Result, TaskResult
from neucobench.leaderboard.values import finite, name, number

FILE_NAME = "results_summary.json"

_STAMP = re.compile(r"_(\d{8}_\d{6})$")
_Q_KEYS = ("task_q_scores", "task_results", "task_result")


def read_upstream(file: Path) -> Result:
    """Return the result in a run folder of NeuCo-Bench.

    Args:
        file: its ``results_summary.json``. NaN is accepted; it means no score.

    Raises:
        ResultError: when a file is damaged or does not look like NeuCo-Bench's.
    """
    summary = read_json(file)
    experiment = name(summary.get("experiment"), where=f"{file}, experiment")
    method, created = _split_stamp(experiment)
    rules = _protocol(summary.get("config"), file)
    return Result(
        method=method,
        phase=file.resolve().parent.parent.name,
        created=created,
        tasks=_tasks(summary, file),
        protocol=None if rules is None else rules.name,
        settings=None if rules is None else rules.settings(),
        path=file,
        ours=False,
    )


def _split_stamp(experiment: str) -> tuple[str, datetime | None]:
    """Return the method and the time of ``<method>_<stamp>``.

    Upstream's stamps are in the local time of an unknown place; they are taken as UTC,
    and serve to order the runs of one method only.
    """
    stamp = _STAMP.search(experiment)
    if stamp is None or stamp.start() == 0:
        return experiment, None
    try:
        moment = datetime.strptime(stamp[1], "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        moment = None
    return experiment[: stamp.start()], moment


def _tasks(summary: Mapping[str, Any], file: Path) -> dict[str, TaskResult]:
    qs: Any = next((summary[key] for key in _Q_KEYS if summary.get(key)), {})
    means: Any = summary.get("task_acc_scores") or {}
    if not isinstance(qs, dict) or not isinstance(means, dict):
        raise ResultError(f"{file} does not list its scores by task; leave it out.")
    tasks: dict[str, TaskResult] = {}
    for task, q in sorted(qs.items()):
        where = f"{file}, task {name(task, where=str(file))!r}"
        detail = _detail(file.parent, task)
        mean = means.get(task, detail.get("mean_score"))
        tasks[task] = TaskResult(
            q=number(q, where=where),
            mean=finite(mean, where=where),
            std=finite(detail.get("std_dev"), where=where),
            scores=_scores(detail.get("q_t"), where=where),
        )
    return tasks


def _scores(folds: Any, *, where: str) -> tuple[float, ...]:
    """Return the fold scores, which only some of upstream's runs store."""
    if not isinstance(folds, list):
        return ()
    return tuple(number(fold, where=where) for fold in folds)


def _detail(folder: Path, task: str) -> Mapping[str, Any]:
    # A task is a name, not a path: one with a separator has no folder of its own.
    if Path(task).name != task:
        return {}
    file = folder / task / f"{task}_result.json"
    return read_json(file) if file.is_file() else {}


def _protocol(content: Any, file: Path) -> Protocol | None:
    """Return the protocol behind a summary's configuration, None where there is none.

    It is the card with the same settings, or one that is named after the file.
    """
    if not isinstance(content, dict):
        return None
    try:
        config = parse_config(content, file)
    except CardError:
        # Another probe, or a configuration of another program: not comparable.
        return None
    found = protocol_from_config(config, name=f"config:{file.name}")
    cards = [protocol(card) for card in protocol_names()]
    return next((card for card in cards if card.settings() == found.settings()), found)
