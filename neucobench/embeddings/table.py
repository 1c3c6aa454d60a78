"""The embedding table: one vector for each cube."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.findings import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class EmbeddingTable:
    """Hold the embeddings of a set of cubes.

    Attributes:
        ids: (samples,) unique cube ids, without ``.zarr.zip``.
        values: (samples, dims) float32, finite.
        name: what the table is called; a file's stem.
        path: the file it was read from, or None.
        sha256: the digest of that file, or None.
        metadata: text stored beside the vectors (encoder, options, digests).
        findings: what the reader noticed.
    """

    ids: tuple[str, ...]
    values: NDArray[np.float32]
    name: str = "embeddings"
    path: Path | None = None
    sha256: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[Finding, ...] = ()

    @property
    def rows(self) -> int:
        """Return the number of samples."""
        return len(self.ids)

    @property
    def dims(self) -> int:
        """Return the length of a vector."""
        return int(self.values.shape[1])

    def to_frame(self) -> "pd.DataFrame":
        """Return a pandas table: the ids as index, one float32 column per dimension."""
        import pandas as pd

        return pd.DataFrame(self.values, index=pd.Index(self.ids, name="id"))
