"""The golden fixture of the protocol, as files."""

import csv
from pathlib import Path

import numpy as np
import pytest

from neucobench.embeddings.table import EmbeddingTable


def write_labels(folder: Path, name: str, ids, values) -> None:
    """Write one label file."""
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label"])
        writer.writerows(zip(ids, values, strict=True))


@pytest.fixture(scope="session")
def golden(tmp_path_factory) -> tuple[EmbeddingTable, Path]:
    """Return the golden table and its label folder (three tasks, 400 rows, 32 dims)."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(400, 32)).astype(np.float32) * 3 + 1
    w = rng.normal(size=32)
    y = x @ w + rng.normal(size=400) * 3
    z = (x @ rng.normal(size=32) + rng.normal(size=400) * 2 > 0).astype(int)
    v = x[:, :4].sum(1) ** 2 * 0.1 + rng.normal(size=400) * 3
    ids = tuple(f"id{i:05d}" for i in range(400))
    folder = tmp_path_factory.mktemp("golden") / "labels"
    write_labels(folder, "a_reg__regression", ids, y)
    write_labels(folder, "b_cls__classification", ids, z)
    write_labels(folder, "c_reg__regression", ids[:300], v[:300])
    return EmbeddingTable(ids=ids, values=x, name="golden"), folder


@pytest.fixture
def small(tmp_path) -> tuple[EmbeddingTable, Path]:
    """Return a table of 40 rows and a folder with one regression named ``size``."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 6)).astype(np.float32)
    ids = tuple(f"{i:04d}" for i in range(40))
    folder = tmp_path / "labels"
    write_labels(folder, "size__regression", ids, x[:, 0] + rng.normal(size=40) * 0.1)
    return EmbeddingTable(ids=ids, values=x, name="small"), folder


@pytest.fixture
def labels_writer():
    """Return the function that writes one label file."""
    return write_labels
