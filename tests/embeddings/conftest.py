"""Small embedding tables and files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neucobench.embeddings.table import EmbeddingTable


@pytest.fixture
def make_table() -> Callable[..., EmbeddingTable]:
    """Return a function that makes a table of random vectors, with leading zeros."""

    def make(rows: int = 5, dims: int = 4, seed: int = 0, **fields) -> EmbeddingTable:
        values = np.random.default_rng(seed).normal(size=(rows, dims))
        ids = tuple(f"{row:04d}" for row in range(rows))
        return EmbeddingTable(
            **{"ids": ids, "values": values.astype(np.float32)} | fields
        )

    return make


@pytest.fixture
def write_csv(tmp_path) -> Callable[..., Path]:
    """Return a function that writes text or bytes to a CSV file."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        return path

    return write
