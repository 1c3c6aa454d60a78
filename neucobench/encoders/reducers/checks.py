"""What reducers refuse: options, features, rows and states that cannot be right."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, row_chunks
from neucobench.errors import InputError, UsageError


def require_option(
    possible: bool, reducer: str, option: str, value: Any, accepted: str
) -> None:
    """Refuse an option's value unless it is possible.

    Args:
        possible: whether the value can be used.
        reducer: the reducer's name.
        option: the option's name.
        value: what was given.
        accepted: what is accepted, e.g. ``"1 or more"``.

    Raises:
        UsageError: when it is not possible.
    """
    if not possible:
        raise UsageError(
            f"The reducer {reducer!r} got {option}={value}; it takes: {accepted}. "
            f"Correct {option}, e.g. --reduce {reducer}:{option}=..."
        )


def require_features(features: NDArray[np.float32], blocks: Sequence[Block]) -> None:
    """Refuse features that nothing can be fitted on.

    Reads all rows once, in chunks.

    Raises:
        InputError: when there is no row or no column, a number is NaN or infinite, or
            the blocks do not cover the columns in order, each with its own name.
    """
    if features.ndim != 2 or not features.size:
        raise InputError(
            f"Features of shape {features.shape} cannot be reduced; they must be "
            "(samples, dims) with at least one of each. Encode some cubes first."
        )
    require_blocks(blocks, features.shape[1])
    done = 0
    for chunk in row_chunks(features):
        _require_finite(chunk, "The features", first_row=done)
        done += len(chunk)


def require_blocks(blocks: Sequence[Block], dims: int) -> None:
    """Refuse blocks that do not cover ``dims`` columns in order.

    Raises:
        InputError: when they leave a gap, overlap, are empty, or share a name.
    """
    edges = [0, *(block.stop for block in blocks)]
    joined = all(
        block.start == edge < block.stop
        for block, edge in zip(blocks, edges, strict=False)
    )
    unique = len({block.name for block in blocks}) == len(blocks)
    if not (joined and unique and edges[-1] == dims):
        listed = ", ".join(f"{item.name} {item.start}:{item.stop}" for item in blocks)
        raise InputError(
            f"The blocks ({listed or 'none'}) do not fit {dims} columns; they must "
            "follow each other from the first column to the last, each with a name of "
            "its own. Correct the blocks."
        )


def require_dims(features: NDArray[np.float32], dims_in: int) -> None:
    """Refuse features of another length than the reducer was fitted on.

    Raises:
        InputError: when they are not (samples, dims_in).
    """
    if features.ndim != 2 or features.shape[1] != dims_in:
        raise InputError(
            f"Features of shape {features.shape} cannot be reduced; this reducer was "
            f"fitted on vectors of {dims_in} dimensions. Give it what the same encoder "
            "made, or fit it again."
        )


def require_finite(vectors: NDArray[np.float32]) -> None:
    """Refuse vectors that hold NaN or infinite numbers.

    Raises:
        InputError: when one does.
    """
    _require_finite(vectors, "The reduced vectors", first_row=0)


def _require_finite(values: NDArray[np.float32], what: str, *, first_row: int) -> None:
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        row = first_row + int(np.argmin(finite))
        raise InputError(
            f"{what} hold NaN or infinite numbers, first in row {row}; only finite "
            "float32 numbers can be reduced. Look at the features of that cube, or "
            "leave it out."
        )


def require_tensors(state: ReducerState, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a state whose tensors have not the shapes that its blocks ask for.

    Args:
        state: what was read from a file.
        shapes: the shape of each tensor that is needed.

    Raises:
        InputError: when a tensor is missing or has another shape.
    """
    found = {name: tensor.shape for name, tensor in state.tensors.items()}
    for name, shape in shapes.items():
        if found.get(name) != shape:
            raise InputError(
                f"The saved state of the reducer {state.name!r} holds "
                f"{name}={found.get(name)}, and needs the shape {shape}; the file is "
                "damaged or was made by another program. Fit the reducer again."
            )


def dims_of(blocks: Sequence[Block]) -> int:
    """Return the number of columns that ``blocks`` cover."""
    return blocks[-1].stop


def require_decomposition(
    name: str, dims: int, solver: str, solvers: Sequence[str], seed: int
) -> None:
    """Refuse options of a decomposition that cannot be.

    Args:
        name: the reducer's name.
        dims: directions wanted.
        solver: how they are found.
        solvers: the ways there are.
        seed: ``random_state`` of scikit-learn.

    Raises:
        UsageError: with what is accepted.
    """
    require_option(dims >= 1, name, "dims", dims, "1 or more")
    require_option(solver in solvers, name, "solver", solver, ", ".join(solvers))
    possible = 0 <= seed < 2**32
    require_option(possible, name, "seed", seed, "0 to 4294967295")
