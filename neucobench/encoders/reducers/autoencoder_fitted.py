"""The encoder half of a trained auto-encoder, computed without torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import dims_of, require_tensors
from neucobench.encoders.reducers.tiles import Tile, by_tiles
from neucobench.errors import InputError

NORM_EPS = 1e-5


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedAutoencoder:
    """Compute the narrow layer, in float64.

    Attributes:
        options: the reducer's settings.
        blocks_in: the blocks of the features.
        blocks: the block of the vectors.
        tensors: ``hidden.weight`` (hidden, dims_in), ``hidden.bias``,
            ``narrow.weight`` (dims, hidden), ``narrow.bias``; with ``input_norm`` also
            ``norm.weight`` and ``norm.bias``; ``losses``, the mean of each epoch.
    """

    options: Mapping[str, Any]
    blocks_in: Sequence[Block]
    blocks: Sequence[Block]
    tensors: Mapping[str, NDArray[np.float32]]

    @classmethod
    def from_state(cls, state: ReducerState) -> "FittedAutoencoder":
        """Return the encoder that a state describes.

        Raises:
            InputError: when its options and tensors do not fit together.
        """
        hidden, dtype = state.options.get("hidden"), state.options.get("dtype")
        norm = state.options.get("input_norm")
        if not (isinstance(hidden, int) and isinstance(norm, bool) and _is_type(dtype)):
            raise InputError(
                "The saved state of the reducer 'autoencoder' lacks hidden, input_norm "
                "or dtype; the file is damaged. Fit the reducer again."
            )
        dims_in, dims = dims_of(state.blocks_in), dims_of(state.blocks_out)
        shapes: dict[str, tuple[int, ...]] = {
            "hidden.weight": (hidden, dims_in),
            "hidden.bias": (hidden,),
            "narrow.weight": (dims, hidden),
            "narrow.bias": (dims,),
        }
        if norm:
            shapes |= {"norm.weight": (dims_in,), "norm.bias": (dims_in,)}
        require_tensors(state, shapes)
        return cls(
            options=state.options,
            blocks_in=state.blocks_in,
            blocks=state.blocks_out,
            tensors=state.tensors,
        )

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return dims_of(self.blocks_in)

    @cached_property
    def _double(self) -> dict[str, NDArray[np.float64]]:
        """Return the parameters as float64, the matrices as they are multiplied."""
        return {
            name: np.ascontiguousarray(tensor.T, np.float64)
            for name, tensor in self.tensors.items()
        }

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""
        from scipy.special import erf

        weights = self._double

        def encode(tile: Tile) -> Tile:
            if self.options["input_norm"]:
                tile = _normalize(tile) * weights["norm.weight"] + weights["norm.bias"]
            wide = tile @ weights["hidden.weight"] + weights["hidden.bias"]
            wide *= 0.5 * (1 + erf(wide / np.sqrt(2)))
            narrow = wide @ weights["narrow.weight"] + weights["narrow.bias"]
            return np.asarray(narrow.astype(self.options["dtype"]))

        dims = dims_of(self.blocks)
        return by_tiles(features, encode, dims_in=self.dims_in, dims=dims)

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name="autoencoder",
            options=self.options,
            blocks_in=tuple(self.blocks_in),
            blocks_out=tuple(self.blocks),
            tensors=self.tensors,
        )


def _normalize(tile: Tile) -> Tile:
    """Return rows with mean 0 and variance 1, as torch's ``LayerNorm`` does."""
    tile -= tile.mean(axis=1, keepdims=True)
    variance = np.mean(tile**2, axis=1, keepdims=True)
    tile /= np.sqrt(variance + NORM_EPS)
    return tile


def _is_type(dtype: Any) -> bool:
    return dtype in ("float32", "float16")
