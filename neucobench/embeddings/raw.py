"""What a reader of one format hands over, before it becomes a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.quantizers import Quantizer
from neucobench.errors import EmbeddingError
from neucobench.findings import Finding

MAX_ROWS = 2**24
MAX_CELLS = 2**30


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Hold the content of an embedding file.

    Attributes:
        ids: (samples,) as they stand in the file.
        values: (samples, dims) float32, finite.
        metadata: text stored beside the vectors.
        quantizer: what the vectors were decoded with; None when they are stored as
            they are.
        findings: what the reader noticed.
    """

    ids: list[str]
    values: NDArray[np.float32]
    metadata: Mapping[str, str] = field(default_factory=dict)
    quantizer: Quantizer | None = None
    findings: tuple[Finding, ...] = ()


def refuse_size(rows: int, dims: int, path: Path) -> None:
    """Refuse a file that states more rows or cells than we read (4 GiB of float32).

    Raises:
        EmbeddingError: before any of them is read.
    """
    if rows > MAX_ROWS or rows * dims > MAX_CELLS:
        raise EmbeddingError(
            f"{path} states {rows:,} rows of {dims:,} dimensions; at most {MAX_ROWS:,} "
            f"rows and {MAX_CELLS:,} cells are read. The file is damaged, or was made "
            "to fill memory; write it again, in parts if it really is that large."
        )
