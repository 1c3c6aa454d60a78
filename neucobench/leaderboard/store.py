"""Results on disk: every run below some folders, ours and upstream's."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neucobench.errors import ResultError
from neucobench.evaluation import result as evaluations
from neucobench.evaluation.document import read_json
from neucobench.evaluation.result import Evaluation, evaluation_from_dict
from neucobench.findings import SYNTHETIC
from neucobench.leaderboard import upstream
from neucobench.leaderboard.tables import Result, TaskResult
from neucobench.leaderboard.upstream import read_upstream
from neucobench.leaderboard.values import finite, name


def read_results(paths: Sequence[Path | str]) -> list[Result]:
    """Return every run that some files and folders hold.

    A folder is searched to its depth. A run folder of ours also holds upstream's
    summary; it counts once. Hidden folders, which a killed run leaves, are passed over,
    and a run that is reached on two ways counts once.

    Args:
        paths: run folders, folders of them, or the files ``evaluation.json`` and
            ``results_summary.json`` themselves.

    Returns:
        The runs, sorted by method, time and path.

    Raises:
        ResultError: when a path does not exist, holds no result, or a result is
            damaged; the message names the file.
    """
    files: dict[Path, None] = {}
    for path in paths:
        found = list(_result_files(Path(path)))
        if not found:
            raise ResultError(
                f"There is no result in {path}: neither {evaluations.FILE_NAME} nor "
                f"{upstream.FILE_NAME}. Name a folder that 'neucobench evaluate' made."
            )
        files.update(dict.fromkeys(file.resolve() for file in found))
    results = [_read(file) for file in files]
    return sorted(results, key=lambda item: (item.method, *age(item)))


def age(result: Result) -> tuple[datetime, str, str]:
    """Return what orders the runs of one method: the time, then the path.

    The time is in whole seconds; a run folder's name begins with a finer one.
    """
    created = result.created or datetime.min.replace(tzinfo=UTC)
    return (created, result.path.parent.name, str(result.path))


def _result_files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.exists():
        raise ResultError(
            f"{path} does not exist; name a folder or a file with results."
        )
    if not path.is_dir():
        raise ResultError(
            f"{path} is neither a file nor a folder; name a folder that 'neucobench "
            "evaluate' made."
        )
    for folder, below, files in os.walk(path, onerror=_refuse):
        for known in (evaluations.FILE_NAME, upstream.FILE_NAME):
            if known in files:
                yield Path(folder) / known
                below.clear()
                break
        below[:] = sorted(item for item in below if not item.startswith("."))


def _read(file: Path) -> Result:
    document = read_json(file)
    if "schema" in document:
        return result_from_document(document, file)
    return read_upstream(file)


def result_from_document(document: Mapping[str, Any], path: Path) -> Result:
    """Return the run that the content of an ``evaluation.json`` describes.

    Args:
        document: the parsed JSON.
        path: where it is, or would be; it stands in messages, and orders equals.

    Raises:
        ResultError: when it is damaged.
    """
    return _from_evaluation(evaluation_from_dict(document, source=str(path)), path)


def _refuse(error: OSError) -> None:
    """Raise what ``os.walk`` would pass over: a folder that cannot be read."""
    raise error


def _from_evaluation(evaluation: Evaluation, file: Path) -> Result:
    settings = dict(evaluation.protocol)
    rules = settings.pop("name", None)
    tasks = {
        name(task, where=str(file)): TaskResult(
            q=score.q,
            mean=finite(score.mean, where=f"{file}, task {task!r}"),
            std=finite(score.std, where=f"{file}, task {task!r}"),
            rows=score.rows,
            labels=evaluation.labels.get(task, {}).get("sha256"),
            scores=score.scores,
        )
        for task, score in sorted(evaluation.tasks.items())
    }
    return Result(
        method=name(evaluation.method, where=f"{file}, method"),
        phase=name(evaluation.phase, where=f"{file}, phase"),
        created=_moment(evaluation.created, file),
        tasks=tasks,
        protocol=rules,
        settings=settings,
        failed=tuple(sorted(evaluation.failed)),
        path=file,
        ours=True,
        synthetic=any(item.code == SYNTHETIC for item in evaluation.findings),
    )


def _moment(text: str, file: Path) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ResultError(
            f"{file}: {text!r} is not a time; evaluate the embeddings again."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
