"""Reducers one after the other, each fitted on what the one before it gives.

::

    features ─▶ step 0 ─▶ rows in a file ─▶ step 1 ─▶ rows in a file ─▶ ... ─▶ vectors
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import HIDDEN_PREFIX
from neucobench.encoders.matrix import write_matrix
from neucobench.encoders.reducers.base import (
    Block,
    FittedReducer,
    Reducer,
    ReducerState,
    restore_reducer,
    row_chunks,
)
from neucobench.encoders.reducers.checks import dims_of
from neucobench.errors import InputError, UsageError


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Apply several reducers in turn.

    While it is fitted, what a step gives waits in a file, so that memory does not
    depend on the number of rows. The file is hidden, lies beside that of the features
    when they are a memory map and in the system's temporary folder otherwise, and is
    removed at the end.

    Attributes:
        steps: one reducer or more.
    """

    name: ClassVar[str] = "chain"

    steps: tuple[Reducer, ...]

    def __post_init__(self) -> None:
        """Refuse a chain of nothing."""
        if not self.steps:
            raise UsageError(
                "A chain of reducers has no step; it needs at least one. Name a "
                "reducer, or leave the chain out."
            )

    @property
    def fits(self) -> bool:
        """Return whether any of the steps learns from the rows."""
        return any(step.fits for step in self.steps)

    @classmethod
    def restore(cls, state: ReducerState) -> "FittedChain":
        """Return the fitted chain that a state describes.

        Raises:
            InputError: when the steps do not fit together.
        """
        lengths = [dims_of(state.blocks_in)]
        for child in state.children:
            if dims_of(child.blocks_in) != lengths[-1]:
                break
            lengths.append(dims_of(child.blocks_out))
        if len(lengths) != len(state.children) + 1 or not state.children:
            raise InputError(
                f"The saved chain of {len(state.children)} reducers has steps that do "
                "not take what the step before them gives; the file is damaged. Fit "
                "the reducer again."
            )
        return FittedChain(steps=tuple(map(restore_reducer, state.children)))

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> "FittedChain":
        """Return the chain, each step fitted on the output of the one before."""
        current, fitted = features, [self.steps[0].fit(features, blocks)]
        with _scratch(features) as folder:
            for number, step in enumerate(self.steps[1:]):
                last = fitted[-1]
                shape = len(features), dims_of(last.blocks)
                rows = (last.transform(chunk) for chunk in row_chunks(current))
                current = write_matrix(folder / f"{number}.npy", shape, rows)
                (folder / f"{number - 1}.npy").unlink(missing_ok=True)
                fitted.append(step.fit(current, last.blocks))
        return FittedChain(steps=tuple(fitted))


@contextmanager
def _scratch(features: NDArray[np.float32]) -> Iterator[Path]:
    """Yield a folder for files as large as the features."""
    file = getattr(features, "filename", None)
    beside = Path(file).parent if file else None
    with TemporaryDirectory(prefix=HIDDEN_PREFIX, dir=beside) as folder:
        yield Path(folder)


@dataclass(frozen=True, kw_only=True)
class FittedChain:
    """Apply several fitted reducers in turn.

    Attributes:
        steps: the fitted reducers.
    """

    steps: tuple[FittedReducer, ...]

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return self.steps[0].dims_in

    @property
    def blocks(self) -> Sequence[Block]:
        """Return the blocks of the last step."""
        return self.steps[-1].blocks

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""
        for step in self.steps:
            features = step.transform(features)
        return features

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        children = tuple(step.state() for step in self.steps)
        return ReducerState(
            name=Chain.name,
            options={},
            blocks_in=children[0].blocks_in,
            blocks_out=children[-1].blocks_out,
            children=children,
        )
