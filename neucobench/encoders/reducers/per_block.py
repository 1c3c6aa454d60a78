"""Each block of an ensemble reduced and weighted by itself.

::

    block a ─▶ its reducer ─▶ x weight ─┐
    block b ──────────────────▶ x weight ─┼─▶ vectors, blocks a, b, c
    block c ─▶ its reducer ─▶ x weight ─┘
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import (
    Block,
    FittedReducer,
    Reducer,
    ReducerState,
    restore_reducer,
)
from neucobench.encoders.reducers.checks import (
    dims_of,
    require_dims,
    require_features,
    require_finite,
    require_option,
)
from neucobench.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PerBlock:
    """Reduce each block with its own reducer, weight it, and concatenate.

    The order and the names of the blocks stay.

    Attributes:
        steps: block name to its reducer; None, or no entry: the block stays as it is.
        weights: block name to the number above 0 that it is multiplied by; no entry: 1.
    """

    name: ClassVar[str] = "per-block"

    steps: Mapping[str, Reducer | None] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse weights that cannot be."""
        for block, weight in self.weights.items():
            possible = weight > 0 and isfinite(weight)
            option = f"the weight of {block}"
            require_option(possible, self.name, option, weight, "a number above 0")

    @property
    def fits(self) -> bool:
        """Return whether any of the reducers learns from the rows."""
        return any(step is not None and step.fits for step in self.steps.values())

    @classmethod
    def restore(cls, state: ReducerState) -> "FittedPerBlock":
        """Return the fitted reducers that a state describes.

        Raises:
            InputError: when they do not fit the blocks.
        """
        weights, reduced = state.options.get("weights"), state.options.get("reduced")
        dims = {block.name: block.dims for block in state.blocks_in}
        if not (
            isinstance(weights, dict)
            and weights.keys() == dims.keys()
            and all(isinstance(weight, float) for weight in weights.values())
            and isinstance(reduced, list)
            and [dims.get(name) for name in reduced]
            == [dims_of(child.blocks_in) for child in state.children]
        ):
            raise InputError(
                "The saved state of the reducer 'per-block' does not give each block a "
                "weight and each reducer a block of its length; the file is damaged. "
                "Fit the reducer again."
            )
        children = dict(zip(reduced, map(restore_reducer, state.children), strict=True))
        return FittedPerBlock(
            blocks_in=state.blocks_in, children=children, weights=weights
        )

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> "FittedPerBlock":
        """Return the reducers, each fitted on its block."""
        require_features(features, blocks)
        names = [block.name for block in blocks]
        _require_known([*self.steps, *self.weights], names)
        children = {}
        for block in blocks:
            step = self.steps.get(block.name)
            if step is not None:
                alone = Block(name=block.name, start=0, stop=block.dims)
                part = features[:, block.start : block.stop]
                children[block.name] = step.fit(part, [alone])
        weights = {name: float(self.weights.get(name, 1.0)) for name in names}
        return FittedPerBlock(
            blocks_in=tuple(blocks), children=children, weights=weights
        )


def _require_known(given: Iterable[str], names: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise InputError(
            f"A reducer or a weight is given for the block {unknown[0]!r}, and the "
            f"features have the blocks {', '.join(names)}. Correct the name."
        )


@dataclass(frozen=True, kw_only=True)
class FittedPerBlock:
    """Reduce and weight each block, and concatenate.

    Attributes:
        blocks_in: the blocks of the features.
        children: block name to its fitted reducer; no entry: the block stays.
        weights: block name to its weight.
    """

    blocks_in: Sequence[Block]
    children: Mapping[str, FittedReducer]
    weights: Mapping[str, float]

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return dims_of(self.blocks_in)

    @property
    def blocks(self) -> Sequence[Block]:
        """Return the blocks of the result, named as before."""
        blocks, start = [], 0
        for block in self.blocks_in:
            child = self.children.get(block.name)
            stop = start + (dims_of(child.blocks) if child else block.dims)
            blocks.append(Block(name=block.name, start=start, stop=stop))
            start = stop
        return tuple(blocks)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""
        require_dims(features, self.dims_in)
        parts = []
        for block in self.blocks_in:
            part = features[:, block.start : block.stop]
            child = self.children.get(block.name)
            values = child.transform(part) if child else part
            with np.errstate(over="ignore"):
                parts.append(values * np.float32(self.weights[block.name]))
        vectors = np.concatenate(parts, axis=1, dtype=np.float32)
        require_finite(vectors)
        return vectors

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name=PerBlock.name,
            options={"weights": dict(self.weights), "reduced": list(self.children)},
            blocks_in=tuple(self.blocks_in),
            blocks_out=tuple(self.blocks),
            children=tuple(child.state() for child in self.children.values()),
        )
