"""The folder of one run: ``evaluation.json`` and the files beside it."""

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neucobench.atomic import remove_leftovers, whole_folder
from neucobench.errors import ResultError
from neucobench.evaluation.result import FILE_NAME, Evaluation, Predictions, TaskScore

_UNSAFE = re.compile(r"[^\w.+-]+")
_LONGEST_NAME = 100  # bytes; a file system takes 255, and a digest is added
_SUMMARY = "results_summary.json"
_PREDICTIONS = "predictions.parquet"
_OWN_FILES = {FILE_NAME, _SUMMARY, _PREDICTIONS}


def safe_name(name: str) -> str:
    """Return ``name`` as one safe part of a path.

    Anything but letters, digits, ``.``, ``_``, ``+`` and ``-`` becomes ``_``; a name
    that changes by it, or is too long, gets a short digest so that two names never
    share a folder.
    """
    safe = _UNSAFE.sub("_", name).strip(".")
    safe = safe.encode()[:_LONGEST_NAME].decode(errors="ignore")
    if safe and safe == name:
        return safe
    return f"{safe or 'method'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def write_evaluation(evaluation: Evaluation, out: Path | str) -> Path:
    """Write the run folder of an evaluation and return its path.

    The folder is ``<out>/<phase>/<method>/<UTC time>-<short digest>/`` and appears
    whole: ``evaluation.json``, ``scores/<task>.csv`` (fold, score),
    ``predictions.parquet`` (task, id, true, predicted), and NeuCo-Bench's own
    ``results_summary.json`` and ``<task>/<task>_result.json``.

    Raises:
        ResultError: when a task has the name of one of these files.
    """
    taken = sorted(_OWN_FILES & evaluation.tasks.keys())
    if taken:
        raise ResultError(
            f"A task named {taken[0]!r} cannot be stored: the run folder has a file of "
            "that name. Rename the task's label file."
        )
    text = json.dumps(evaluation.as_dict(), indent=2, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    home = Path(out) / safe_name(evaluation.phase) / safe_name(evaluation.method)
    remove_leftovers(home)
    # The time of writing, not of scoring: one result may be written twice.
    folder = home / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{digest}"
    with whole_folder(folder) as hidden:
        (hidden / FILE_NAME).write_text(text + "\n", encoding="utf-8")
        _write_scores(evaluation.tasks, hidden / "scores")
        _write_summary(evaluation, hidden)
        if evaluation.predictions:
            write_predictions(evaluation.predictions, hidden / _PREDICTIONS)
    return folder


def _write_scores(tasks: Mapping[str, TaskScore], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for task, score in tasks.items():
        path = folder / f"{task}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["fold", "score"])
            writer.writerows(enumerate(score.known_scores))


def write_predictions(predictions: Mapping[str, Predictions], path: Path) -> None:
    """Write held-out predictions as one Parquet table: task, id, true, predicted."""
    # polars and not pyarrow, whose arrays load pandas: that takes longer than a probe.
    import polars as pl

    parts = [
        pl.DataFrame({"id": item.ids, "true": item.true, "predicted": item.predicted})
        .with_columns(task=pl.lit(task, dtype=pl.Categorical))
        .select("task", "id", "true", "predicted")
        for task, item in predictions.items()
    ]
    pl.concat(parts).write_parquet(path, compression="zstd")


def _write_summary(evaluation: Evaluation, folder: Path) -> None:
    """Write the files of NeuCo-Bench 1.1, so that its own tools read the folder."""
    moment = datetime.fromisoformat(evaluation.created)
    config = _upstream_config(evaluation.protocol)
    summary = {
        "experiment": f"{safe_name(evaluation.method)}_{moment:%Y%m%d_%H%M%S}",
        "overall_q_score": evaluation.mean_q,
        "overall_acc_score": evaluation.mean_score,
        "task_q_scores": {task: score.q for task, score in evaluation.tasks.items()},
        "task_acc_scores": {t: score.mean for t, score in evaluation.tasks.items()},
        "config": config,
    }
    _write_json(summary, folder / _SUMMARY)
    for task, score in evaluation.tasks.items():
        result = {
            "q_stat": score.q,
            "mean_score": score.mean,
            "std_dev": score.std,
            # Upstream's spelling; its tools look for this key.
            "hyperparamaters": config["probe_params"],
            "q_t": score.known_scores,
        }
        (folder / task).mkdir(exist_ok=True)
        _write_json(result, folder / task / f"{task}_result.json")


def _upstream_config(protocol: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "k_folds": protocol["folds"],
        "probe_type": "linear",
        "probe_params": {
            "epochs": protocol["epochs"],
            "learning_rate": protocol["learning_rate"],
            "batch_size": protocol["batch_size"],
        },
        "embedding_dim": protocol["embedding_dim"],
        "standardize_embeddings": protocol["standardize"],
        "normalize_labels": protocol["scale_labels"],
    }


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(document, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
