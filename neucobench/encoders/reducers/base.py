"""What a reducer is: a method with its settings, and what it becomes when fitted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.registry import Registry

REDUCERS = Registry(
    kind="reducer",
    targets={
        "pca": "neucobench.encoders.reducers.pca:Pca",
    },
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Name columns that belong together, e.g. those of one encoder.

    Attributes:
        name: the block's name.
        start: its first column.
        stop: the column after its last one.
    """

    name: str
    start: int
    stop: int

    @property
    def dims(self) -> int:
        """Return the number of columns."""
        return self.stop - self.start


@dataclass(frozen=True, kw_only=True)
class ReducerState:
    """Hold all that a fitted reducer needs to be made again.

    Attributes:
        name: the reducer's name in ``REDUCERS``.
        options: its settings and sizes, of plain JSON types.
        tensors: its arrays.
    """

    name: str
    options: Mapping[str, Any]
    tensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class FittedReducer(Protocol):
    """Turn features into shorter vectors, row by row."""

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""

    @property
    def blocks(self) -> Sequence[Block]:
        """Return the blocks of the output; together they cover its columns."""

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in).

        A row's result does not depend on the other rows.
        """

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""


class Reducer(Protocol):
    """A method with its settings; the constructor's parameters are its options."""

    @classmethod
    def restore(cls, state: ReducerState) -> FittedReducer:
        """Return the fitted reducer that a state describes."""

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> FittedReducer:
        """Return the reducer fitted on features.

        Args:
            features: (samples, dims_in), often a memory map that is larger than the
                memory: read it with ``row_chunks``.
            blocks: the blocks of the columns; together they cover all of them.
        """


def row_chunks(
    features: NDArray[np.float32], *, values: int = 2**22
) -> Iterator[NDArray[np.float32]]:
    """Yield the rows in chunks of at most ``values`` numbers, in order."""
    rows = max(1, values // max(1, features.shape[1]))
    for start in range(0, len(features), rows):
        yield np.asarray(features[start : start + rows])
