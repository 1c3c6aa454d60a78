"""A map that keeps clusters apart, after the winners of the 2025 challenge.

The team "404 Embedding Not Found" made the largest block of its submission so, from one
vector per season; it is often taken for a plain SVD.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.bases import exact_basis
from neucobench.encoders.reducers.checks import (
    dims_of,
    require_features,
    require_option,
    require_tensors,
)
from neucobench.encoders.reducers.listed import read_numbers
from neucobench.encoders.reducers.tiles import Tile, by_tiles
from neucobench.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ClusterMap:
    """Reduce each season by SVD, and map all with one matrix that tells clusters apart.

    ::

        season 1 ─▶ SVD ─┐                ┌─▶ M ─┐
        season 2 ─▶ SVD ─┼─▶ X ─ seasons ─┼─▶ M ─┼─▶ vector ─▶ linear classifiers
        ...              │                └─▶ M ─┘               ▲
                         └─▶ Ward clusters, cut at several distances

    Each season's columns are reduced by an exact SVD without centering (``U S``). Ward
    linkage of the rows of X, cut at some distances, gives levels of clusters. One
    square matrix M, shared by the seasons, is trained together with one linear
    classifier without bias for each level: sum of the cross-entropies, AdamW. The
    distances of all pairs of rows are held in memory: 4 * samples**2 bytes.

    Attributes:
        seasons: how many equal parts, one after the other, the columns consist of.
        per_season: dimensions kept of each; never more than rows, or columns of one.
        cuts: the distances, e.g. ``"40,20,10,5"``.
        lr: the learning rate.
        decay: weight decay.
        batch: rows in a step.
        epochs: passes through the rows.
        held_out: share of the rows that is left out of training.
        seed: seed of all draws.
    """

    name: ClassVar[str] = "cluster-map"
    fits: ClassVar[bool] = True

    seasons: int = 4
    per_season: int = 128
    cuts: str = field(default="40,20,10,5", metadata={"list": True})
    lr: float = 1e-3
    decay: float = 0.01
    batch: int = 4096
    epochs: int = 340
    held_out: float = 0.01
    seed: int = 0

    @property
    def most_dims(self) -> int:
        """Return the dimensions of a result when there are rows and columns enough."""
        return self.seasons * self.per_season

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        for option in ("seasons", "per_season", "batch", "epochs"):
            value = getattr(self, option)
            require_option(value >= 1, self.name, option, value, "1 or more")
        for option in ("decay", "seed"):
            value = getattr(self, option)
            possible = 0 <= value < 2**63
            require_option(possible, self.name, option, value, "0 or more")
        accepted = "above 0, up to 1"
        require_option(0 < self.lr <= 1, self.name, "lr", self.lr, accepted)
        possible = 0 <= self.held_out < 1
        require_option(possible, self.name, "held_out", self.held_out, "0 to below 1")
        cuts = read_numbers(self.cuts, self.name, "cuts")
        require_option(bool(cuts), self.name, "cuts", self.cuts, "at least one number")

    @classmethod
    def restore(cls, state: ReducerState) -> "SeasonMap":
        """Return the fitted map that a state describes."""
        return SeasonMap.from_state(state)

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> "SeasonMap":
        """Return the map fitted on (samples, seasons * columns) features.

        Raises:
            InputError: when there are several blocks, or the columns cannot be divided
                by the seasons.
        """
        from neucobench.encoders.reducers.cluster_training import train

        require_features(features, blocks)
        self._require_seasons(blocks)
        size = features.shape[1] // self.seasons
        dims = min(self.per_season, len(features), size)
        vectors = np.empty((self.seasons, size, dims))
        reduced = np.empty((len(features), self.seasons, dims))
        for season in range(self.seasons):
            part = features[:, season * size : (season + 1) * size]
            vectors[season] = exact_basis(part, dims, center=False).vectors
            reduced[:, season] = np.ascontiguousarray(part) @ vectors[season]
        trained = train(reduced, self)
        return SeasonMap(
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=mixed(blocks, self.seasons * dims),
            matrices=(vectors @ trained.matrix).astype(np.float32),
            facts=trained.facts,
        )

    def _require_seasons(self, blocks: Sequence[Block]) -> None:
        if len(blocks) != 1 or dims_of(blocks) % self.seasons:
            sizes = ", ".join(f"{block.name} ({block.dims})" for block in blocks)
            raise InputError(
                f"The reducer 'cluster-map' got the blocks {sizes}; it takes one block "
                f"of {self.seasons} seasons with as many columns each. Give it to one "
                "block of a recipe, and set seasons to the number it has."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class SeasonMap:
    """Multiply each season's columns by its matrix, in float64.

    Attributes:
        options: the reducer's settings.
        blocks_in: the block of the features.
        blocks: the block of the result.
        matrices: (seasons, columns, dims) SVD and trained map in one.
        facts: arrays that tell about the training.
    """

    options: Mapping[str, Any]
    blocks_in: Sequence[Block]
    blocks: Sequence[Block]
    matrices: NDArray[np.float32]
    facts: Mapping[str, NDArray[Any]]

    @classmethod
    def from_state(cls, state: ReducerState) -> "SeasonMap":
        """Return the map that a state describes.

        Raises:
            InputError: when its tensors do not fit together.
        """
        found = state.tensors.get("matrices", np.empty((0, 0, 0)))
        seasons = max(len(found), 1)
        lengths = dims_of(state.blocks_in) // seasons, dims_of(state.blocks_out)
        shape = (seasons, lengths[0], lengths[1] // seasons)
        require_tensors(state, {"matrices": shape})
        facts = dict(state.tensors)
        return cls(
            options=state.options,
            blocks_in=state.blocks_in,
            blocks=state.blocks_out,
            matrices=facts.pop("matrices"),
            facts=facts,
        )

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return dims_of(self.blocks_in)

    @cached_property
    def _double(self) -> NDArray[np.float64]:
        return self.matrices.astype(np.float64)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""

        def project(tile: Tile) -> Tile:
            parts = np.split(tile, len(self.matrices), axis=1)
            pairs = zip(parts, self._double, strict=True)
            return np.concatenate([part @ matrix for part, matrix in pairs], axis=1)

        dims = dims_of(self.blocks)
        return by_tiles(features, project, dims_in=self.dims_in, dims=dims)

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name=ClusterMap.name,
            options=self.options,
            blocks_in=tuple(self.blocks_in),
            blocks_out=tuple(self.blocks),
            tensors={"matrices": self.matrices, **self.facts},
        )
