"""From finished shards to features, gathered into one matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.data.dataset import shorten
from neucobench.encoders.matrix import write_matrix
from neucobench.encoders.reducers.base import Block
from neucobench.encoders.running.shards import Shard, ShardFacts, read_shard
from neucobench.errors import CubeError
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Hold the vectors of a run in a file of the hidden folder.

    Attributes:
        ids: (samples,) sorted.
        values: (samples, dims) float32, finite; a memory map.
        blocks: what the columns are.
        findings: cubes that have no row, cells that were no numbers.
    """

    ids: tuple[str, ...]
    values: NDArray[np.float32]
    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...] = ()


def gather(
    shards: Sequence[Shard],
    facts: Sequence[ShardFacts],
    blocks: Sequence[Block],
    folder: Path,
) -> Vectors:
    """Return the features of all finished shards.

    Cells that are NaN or infinite become 0, as in the ``neuco-*`` protocols, and a
    finding says in which rows.

    Args:
        shards: all shards of the run, in order.
        facts: what each holds.
        blocks: the blocks of the columns.
        folder: where the matrix is written.

    Raises:
        CubeError: when no cube could be encoded.
    """
    findings = [finding for item in facts for finding in item.findings]
    rows = sum(item.rows for item in facts)
    if not rows:
        first = f" The first: {findings[0].message}" if findings else ""
        count = sum(len(shard.ids) for shard in shards)
        raise CubeError(
            f"None of the {count} cubes can be encoded; nothing was "
            f"written.{first} Run: neucobench data check CUBES"
        )
    ids: list[str] = []
    cleaning = _Cleaning()

    def chunks() -> Iterator[NDArray[np.float32]]:
        for shard in shards:
            part, vectors = read_shard(shard)
            ids.extend(part)
            yield cleaning.clean(part, vectors)

    shape = (rows, blocks[-1].stop)
    values = write_matrix(folder / "features.npy", shape, chunks())
    return Vectors(
        ids=tuple(ids),
        values=values,
        blocks=tuple(blocks),
        findings=(*findings, *cleaning.findings()),
    )


@dataclass(kw_only=True)
class _Cleaning:
    named: list[str] = field(default_factory=list)
    cells: int = 0

    def clean(
        self, ids: Sequence[str], vectors: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        bad = ~np.isfinite(vectors)
        if not bad.any():
            return vectors
        self.cells += int(bad.sum())
        self.named.extend(ids[row] for row in np.flatnonzero(bad.any(axis=1)))
        return np.where(bad, np.float32(0), vectors)

    def findings(self) -> tuple[Finding, ...]:
        if not self.named:
            return ()
        message = (
            f"{self.cells} cells that are no finite numbers were written as 0, in "
            f"the rows of {shorten(self.named)}."
        )
        return (
            Finding(
                code="non-finite-cells",
                level="warning",
                message=message,
                count=self.cells,
            ),
        )
