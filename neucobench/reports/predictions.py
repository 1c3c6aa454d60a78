"""Held-out predictions, read back from a run folder."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neucobench.errors import ResultError
from neucobench.evaluation.result import FILE_NAME, Evaluation, Predictions

if TYPE_CHECKING:
    import pyarrow as pa

PREDICTIONS_FILE = "predictions.parquet"
_COLUMNS = ("task", "id", "true", "predicted")


def with_predictions(evaluation: Evaluation, path: Path) -> Evaluation:
    """Return an evaluation with the predictions stored beside it, if there are any.

    Args:
        evaluation: what was read from ``path``.
        path: the run folder or its ``evaluation.json``.

    Raises:
        ResultError: when the predictions are there and cannot be read.
    """
    folder = path.parent if path.name == FILE_NAME else path
    file = folder / PREDICTIONS_FILE
    if not file.is_file():
        return evaluation
    return replace(evaluation, predictions=read_predictions(file))


def read_predictions(path: Path) -> dict[str, Predictions]:
    """Return the predictions of a run, by task.

    Raises:
        ResultError: when the file is damaged or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        # Opened here: pyarrow takes no path that is not UTF-8.
        with path.open("rb") as file:
            table = pq.read_table(file, columns=list(_COLUMNS))
        return {
            task: _predictions(table.filter(pc.equal(table["task"], task)))
            for task in pc.unique(table["task"]).to_pylist()
        }
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ResultError(
            f"{path} is not a table with the columns {', '.join(_COLUMNS)} ({error}); "
            "evaluate again, or remove it to report without predictions."
        ) from error


def _predictions(rows: "pa.Table") -> Predictions:
    return Predictions(
        ids=tuple(rows["id"].to_pylist()),
        true=rows["true"].to_numpy().astype(np.float64),
        predicted=rows["predicted"].to_numpy().astype(np.float64),
    )
