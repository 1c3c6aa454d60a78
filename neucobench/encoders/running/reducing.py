"""From features to the vectors of a run, one reducer after the other.

::

    features ─▶ reducer ─▶ rows in a file ─▶ reducer ─▶ ... ─▶ vectors
                                 │
                                 └─ the last rows that still have blocks: their balance
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from neucobench.encoders.matrix import write_matrix
from neucobench.encoders.reducers.balance import BlockShare, block_balance
from neucobench.encoders.reducers.base import (
    FittedReducer,
    Reducer,
    most_dims,
    restore_reducer,
    row_chunks,
)
from neucobench.encoders.reducers.chain import Chain, FittedChain
from neucobench.encoders.reducers.per_block import FittedPerBlock, PerBlock
from neucobench.encoders.running.features import Vectors
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """Hold what a run's reducers made of the features.

    Attributes:
        vectors: the result.
        reducer: the fitted reducer, or None when there is none.
        balance: what each block holds where the blocks last stand apart: in the
            vectors, or before the reducer that mixes them. Empty for one block.
    """

    vectors: Vectors
    reducer: FittedReducer | None
    balance: tuple[BlockShare, ...]


def reduce_features(features: Vectors, pipeline: Pipeline, folder: Path) -> Reduced:
    """Return the vectors of a run, and what was fitted for them.

    Args:
        features: from ``gather``.
        pipeline: says whether a reducer is fitted, or comes from a saved state.
        folder: where matrices are written.
    """
    fitted = _fit(features, pipeline)
    vectors, apart = features, features
    for number, step in enumerate(_steps(fitted)):
        vectors = _apply(step, vectors, folder / f"vectors-{number}.npy")
        if len(vectors.blocks) > 1:
            apart = vectors
    shorter = _shorter(pipeline.reducer, fitted, len(vectors.ids))
    shares = block_balance(apart.values, apart.blocks) if len(apart.blocks) > 1 else ()
    return Reduced(
        vectors=replace(vectors, findings=(*vectors.findings, *shorter)),
        reducer=fitted,
        balance=tuple(shares),
    )


def _steps(fitted: FittedReducer | None) -> Sequence[FittedReducer]:
    if fitted is None:
        return ()
    return fitted.steps if isinstance(fitted, FittedChain) else (fitted,)


def _apply(step: FittedReducer, features: Vectors, path: Path) -> Vectors:
    blocks = tuple(step.blocks)
    chunks = (step.transform(chunk) for chunk in row_chunks(features.values))
    values = write_matrix(path, (len(features.ids), blocks[-1].stop), chunks)
    # The map keeps the rows on the disk for as long as they are used.
    path.unlink()
    return replace(features, values=values, blocks=blocks)


def _shorter(
    reducer: Reducer | None, fitted: FittedReducer | None, rows: int
) -> Iterator[Finding]:
    """Yield a finding for each reducer that gives less than it was asked for."""
    if isinstance(reducer, Chain) and isinstance(fitted, FittedChain):
        for step, done in zip(reducer.steps, fitted.steps, strict=True):
            yield from _shorter(step, done, rows)
    elif isinstance(reducer, PerBlock) and isinstance(fitted, FittedPerBlock):
        for name, child in fitted.children.items():
            yield from _shorter(reducer.steps[name], child, rows)
    elif reducer is not None and fitted is not None:
        wanted, found = most_dims(reducer) or 0, fitted.blocks[-1].stop
        if found < wanted:
            block = fitted.blocks[0].name
            message = (
                f"The reducer {reducer.name!r} gives {found:,} dimensions of {block} "
                f"in place of {wanted:,}: there are no more in {rows:,} rows of these "
                "features. The neuco-* protocols fill up with zeros."
            )
            yield Finding(code="fewer-dimensions", level="info", message=message)


def _fit(features: Vectors, pipeline: Pipeline) -> FittedReducer | None:
    if pipeline.state is not None:
        state = pipeline.state.reducer
        return None if state is None else restore_reducer(state)
    if pipeline.reducer is not None:
        return pipeline.reducer.fit(features.values, features.blocks)
    return None
