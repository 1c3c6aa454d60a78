"""Several encoders side by side: the features of an ensemble."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES
from neucobench.data.cube import optical_only, shift
from neucobench.encoders.base import CubeBatch, CubeSource
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.reducers.base import Block, Reducer
from neucobench.encoders.tables import TableEncoder, TableSource
from neucobench.errors import CubeError
from neucobench.findings import Finding

_MARK = "/"


@dataclass(frozen=True, kw_only=True)
class EnsembleEncoder:
    """Concatenate the vectors of several encoders, each cube being read once.

    Attributes:
        name: the recipe's name.
        parts: block name and encoder, in the order of the columns.
        reducer: what the recipe ends in, or None.
    """

    name: str
    parts: tuple[tuple[str, CheckedEncoder], ...]
    reducer: Reducer | None = None

    @property
    def _encoders(self) -> list[CheckedEncoder]:
        return [encoder for _, encoder in self.parts]

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return what any of the encoders reads."""
        wanted = {name for encoder in self._encoders for name in encoder.modalities}
        return tuple(name for name in MODALITIES if name in wanted)

    @property
    def dims(self) -> int:
        """Return the sum of the encoders' dims."""
        return sum(encoder.dims for encoder in self._encoders)

    @property
    def version(self) -> str:
        """Return the versions of all encoders."""
        return "+".join(encoder.version for encoder in self._encoders)

    @property
    def batch_size(self) -> int:
        """Return the smallest of the encoders' batches."""
        return min(encoder.batch_size for encoder in self._encoders)

    @property
    def shard_size(self) -> int:
        """Return the smallest of the encoders' shards."""
        return min(encoder.shard_size for encoder in self._encoders)

    @property
    def transductive(self) -> bool:
        """Tell whether any vector depends on the other cubes."""
        return any(encoder.transductive for encoder in self._encoders)

    @property
    def thread_safe(self) -> bool:
        """Tell whether several threads may call all encoders at a time."""
        return all(encoder.thread_safe for encoder in self._encoders)

    @property
    def tables(self) -> str:
        """Return the embedding files of all blocks, as JSON; empty for none."""
        known = {name: encoder.tables for name, encoder in self.parts if encoder.tables}
        return json.dumps(known, sort_keys=True) if known else ""

    @property
    def tables_transductive(self) -> bool:
        """Tell whether anything in these files was fitted on their own cubes."""
        return any(encoder.tables_transductive for encoder in self._encoders)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was noticed about these files."""
        return tuple(item for encoder in self._encoders for item in encoder.findings)

    @property
    def device(self) -> str:
        """Return the devices of all encoders."""
        return "+".join(encoder.device for encoder in self._encoders)

    @property
    def needs_fit(self) -> bool:
        """Tell whether any encoder must see the cubes first."""
        return any(encoder.needs_fit for encoder in self._encoders)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the columns of each encoder."""
        ends = np.cumsum([encoder.dims for encoder in self._encoders]).tolist()
        return tuple(
            Block(name=name, start=end - encoder.dims, stop=end)
            for (name, encoder), end in zip(self.parts, ends, strict=True)
        )

    @property
    def table_source(self) -> TableSource | None:
        """Return where the ids come from when no block reads cubes, else None."""
        inner = [encoder.inner for encoder in self._encoders]
        tables = [item for item in inner if isinstance(item, TableEncoder)]
        return TableSource(tables) if len(tables) == len(inner) else None

    def prepare(self) -> None:
        """Load what is heavy in all encoders."""
        for encoder in self._encoders:
            encoder.prepare()

    def fit(self, source: CubeSource) -> dict[str, NDArray[Any]]:
        """Return what the encoders learn from the cubes, named ``block/array``."""
        return {
            f"{name}{_MARK}{key}": array
            for name, encoder in self.parts
            if encoder.needs_fit
            for key, array in encoder.fit(_View(source, encoder)).items()
        }

    def fitted(self, state: Mapping[str, NDArray[Any]]) -> "EnsembleEncoder":
        """Return the ensemble that uses what ``fit`` returned."""
        parts = []
        for name, encoder in self.parts:
            prefix = f"{name}{_MARK}"
            own = {
                key.removeprefix(prefix): array
                for key, array in state.items()
                if key.startswith(prefix)
            }
            ready = encoder.fitted(own) if encoder.needs_fit else encoder
            parts.append((name, ready))
        return replace(self, parts=tuple(parts))

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), the blocks side by side."""
        parts = [encoder.encode(_view(batch, encoder)) for encoder in self._encoders]
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class _View:
    """What one encoder of the ensemble sees of the cubes."""

    source: CubeSource
    encoder: CheckedEncoder

    @property
    def ids(self) -> Sequence[str]:
        return self.source.ids

    def read(self, cube_id: str) -> CubeBatch:
        return _view(self.source.read(cube_id), self.encoder)


def _view(batch: CubeBatch, encoder: CheckedEncoder) -> CubeBatch:
    """Return the modalities, seasons and offset that ``encoder`` asks for.

    Raises:
        CubeError: when the cubes have fewer seasons.
    """
    arrays, offsets = {}, {}
    for name in encoder.modalities:
        array = batch.arrays[name]
        if encoder.seasons is not None:
            _require_seasons(array, name, encoder)
            array = array[:, list(encoder.seasons)]
        carried = batch.offsets.get(name, 0)
        offsets[name] = optical_only(name, encoder.offset)
        if offsets[name] != carried:
            # In place, and the other encoders see the same pixels.
            array = shift(array.copy(), offsets[name] - carried)
        arrays[name] = array
    return CubeBatch(ids=batch.ids, arrays=arrays, offsets=offsets)


def _require_seasons(array: NDArray[Any], name: str, encoder: CheckedEncoder) -> None:
    wanted = encoder.seasons or ()
    if max(wanted) >= array.shape[1]:
        raise CubeError(
            f"{name} has {array.shape[1]} seasons, and the encoder {encoder.name!r} "
            f"reads those at {', '.join(map(str, wanted))}, counted from 0. Leave this "
            "cube out, or choose other seasons."
        )
