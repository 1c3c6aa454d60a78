"""Join embeddings with labels, and bring both to the scale the probe sees."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError, TaskFailure
from neucobench.probes.alignment import aligned_zeros
from neucobench.tasks.labels import LabelTable

_TURNED_ROWS = 16


@dataclass(frozen=True, kw_only=True)
class Features:
    """Hold the rows that have a label, as the probe sees them.

    Attributes:
        row_of: cube id to row in ``values``.
        values: (samples, dims) float32, padded and standardized.
    """

    row_of: Mapping[str, int]
    values: NDArray[np.float32]


def prepare_features(
    table: EmbeddingTable,
    labeled_ids: Collection[str],
    *,
    embedding_dim: int | None,
    standardize: bool,
) -> Features:
    """Return the embeddings of the labeled cubes, padded and standardized.

    One mean and one population standard deviation are taken over all kept rows and
    columns, padding included, as NeuCo-Bench does.

    Args:
        table: the embeddings, (rows, dims).
        labeled_ids: ids that occur in any label file of the folder.
        embedding_dim: pad with zeros on the right to this width; None for no padding.
        standardize: whether to subtract the mean and divide by the deviation.

    Raises:
        EmbeddingError: when the table is wider than ``embedding_dim``, or its values
            are too large to be standardized.
    """
    kept = [row for row, id_ in enumerate(table.ids) if id_ in labeled_ids]
    width = table.dims if embedding_dim is None else embedding_dim
    if table.dims > width:
        raise EmbeddingError(
            f"{table.name} has {table.dims} dimensions; the protocol takes at most "
            f"{width}. Reduce the embeddings, or choose another protocol."
        )
    values = aligned_zeros(len(kept), width)
    np.take(table.values, kept, axis=0, out=values[:, : table.dims], mode="clip")
    if standardize and values.size:
        _standardize(values, table.name)
    return Features(
        row_of={table.ids[row]: position for position, row in enumerate(kept)},
        values=values,
    )


def _standardize(values: NDArray[np.float32], name: str) -> None:
    """Standardize ``values`` in place with one mean and one deviation.

    Raises:
        EmbeddingError: when their squares are beyond float32. The deviation would be
            infinite, and every embedding a row of zeros.
    """
    mean, std = column_order_statistics(values)
    if not np.isfinite(std):
        raise EmbeddingError(
            f"{name} has values up to {np.abs(values).max():g}; their deviation, which "
            "standardizes them, is beyond float32. Correct the encoder, or scale the "
            "embeddings."
        )
    np.subtract(values, mean, out=values)
    np.divide(values, std if std != 0 else np.float32(1), out=values)


def column_order_statistics(
    values: NDArray[np.float32],
) -> tuple[np.float32, np.float32]:
    """Return the mean and the population standard deviation of all cells.

    The reference holds the table column by column, and float32 sums depend on the
    order of memory: summing in its order gives its numbers to the last bit. They are
    those of ``np.asfortranarray(values)``, with one copy of the table instead of two.

    Args:
        values: (samples, dims), not empty.
    """
    samples, dims = values.shape
    columns = np.empty((dims, samples), dtype=np.float32)
    # A few rows at a time stay in the cache while they are turned.
    for start in range(0, samples, _TURNED_ROWS):
        stop = start + _TURNED_ROWS
        columns[:, start:stop] = values[start:stop].T
    with np.errstate(over="ignore", invalid="ignore"):
        mean = columns.mean()
        np.subtract(columns, mean, out=columns)
        np.multiply(columns, columns, out=columns)
        variance = np.float32(float(columns.sum()) / columns.size)
    return mean, np.sqrt(variance)


@dataclass(frozen=True, kw_only=True)
class JoinedTask:
    """Hold the samples of one task that have both a label and an embedding.

    Attributes:
        ids: (samples,) cube ids in label-file order.
        rows: (samples,) rows of the feature matrix.
        labels: (samples,) labels in the task's unit, or 0 and 1.
        missing: how many labeled cubes have no embedding.
    """

    ids: tuple[str, ...]
    rows: NDArray[np.intp]
    labels: NDArray[np.float64]
    missing: int


def join_task(table: LabelTable, row_of: Mapping[str, int]) -> JoinedTask:
    """Return the labels of one task beside their rows, in label-file order."""
    positions = [i for i, id_ in enumerate(table.ids) if id_ in row_of]
    ids = tuple(table.ids[i] for i in positions)
    return JoinedTask(
        ids=ids,
        rows=np.array([row_of[id_] for id_ in ids], dtype=np.intp),
        labels=table.values[positions],
        missing=len(table.ids) - len(ids),
    )


def scale_labels(labels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return labels scaled to [0, 1] over all rows, in float64 and then float32.

    Raises:
        TaskFailure: when they span more than float64 holds.
    """
    low, high = labels.min(), labels.max()
    if not np.isfinite(float(high) - float(low)):
        raise TaskFailure(
            f"The labels run from {low:g} to {high:g}, which is more than a number can "
            "hold; correct the label file."
        )
    return np.asarray((labels - low) / (high - low), dtype=np.float32)
