"""What a reducer is: a method with its settings, and what it becomes when fitted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import InputError, UnknownNameError
from neucobench.registry import Registry

_PACKAGE = "neucobench.encoders.reducers"

REDUCERS = Registry(
    kind="reducer",
    targets={
        "autoencoder": f"{_PACKAGE}.autoencoder:Autoencoder",
        "chain": f"{_PACKAGE}.chain:Chain",
        "cluster-map": f"{_PACKAGE}.cluster_map:ClusterMap",
        "l2": f"{_PACKAGE}.l2:L2",
        "pca": f"{_PACKAGE}.pca:Pca",
        "per-block": f"{_PACKAGE}.per_block:PerBlock",
        "random-projection": f"{_PACKAGE}.random_projection:RandomProjection",
        "scale": f"{_PACKAGE}.scale:Scale",
        "standardize": f"{_PACKAGE}.standardize:Standardize",
        "truncate": f"{_PACKAGE}.truncate:Truncate",
        "truncated-svd": f"{_PACKAGE}.truncated_svd:TruncatedSvd",
        "whiten": f"{_PACKAGE}.whiten:Whiten",
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
        options: its settings, of plain JSON types.
        blocks_in: the blocks of the features.
        blocks_out: the blocks of the vectors.
        tensors: its arrays.
        children: the states of the reducers that it is made of.
    """

    name: str
    options: Mapping[str, Any]
    blocks_in: tuple[Block, ...]
    blocks_out: tuple[Block, ...]
    tensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    children: tuple["ReducerState", ...] = ()


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

        A row's bits do not depend on the other rows, nor on their number.

        Raises:
            InputError: when the features have another length, or a result is NaN or
                infinite.
        """

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""


class Reducer(Protocol):
    """A method with its settings; the constructor's parameters are its options."""

    @property
    def name(self) -> str:
        """Return the name in ``REDUCERS``."""

    @property
    def fits(self) -> bool:
        """Return whether it learns from the rows.

        When it does not, a vector depends on its own row alone, and nothing about the
        other cubes can have reached it.
        """

    @classmethod
    def restore(cls, state: ReducerState) -> FittedReducer:
        """Return the fitted reducer that a state describes.

        Raises:
            InputError: when the state's tensors do not fit together.
        """

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> FittedReducer:
        """Return the reducer fitted on features.

        Args:
            features: (samples, dims_in), often a memory map that is larger than the
                memory: read it with ``row_chunks``.
            blocks: the blocks of the columns; together they cover all of them.

        Raises:
            InputError: when it cannot be fitted on these features or blocks.
        """


def restore_reducer(state: ReducerState) -> FittedReducer:
    """Return the fitted reducer that a state describes.

    Raises:
        InputError: when no reducer has that name, or the tensors do not fit together.
    """
    try:
        reducer = REDUCERS.load(state.name)
    except UnknownNameError as error:
        # The name comes from a file, so that the file is wrong and not the command.
        raise InputError(f"The saved state cannot be used. {error}") from error
    fitted: FittedReducer = reducer.restore(state)
    return fitted


def most_dims(reducer: Reducer) -> int | None:
    """Return the most dimensions that a reducer gives; None: as many as it gets."""
    most: int | None = getattr(reducer, "most_dims", getattr(reducer, "dims", None))
    return most


def mixed(blocks: Sequence[Block], dims: int) -> tuple[Block, ...]:
    """Return the one block of ``dims`` columns that all ``blocks`` were mixed into.

    Its name is theirs, joined by ``+``.
    """
    name = "+".join(block.name for block in blocks)
    return (Block(name=name, start=0, stop=dims),)


def row_chunks(
    features: NDArray[np.float32], *, values: int = 2**22
) -> Iterator[NDArray[np.float32]]:
    """Yield the rows in chunks of at most ``values`` numbers, in order."""
    rows = max(1, values // max(1, features.shape[1]))
    for start in range(0, len(features), rows):
        yield np.asarray(features[start : start + rows])
