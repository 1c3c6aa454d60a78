"""Embedding files as a block of an ensemble: vectors that others have computed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.files import read_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.running.provenance import read_record, sidecar
from neucobench.errors import CubeError
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class TableEncoder:
    """Look a cube's vector up in embedding files; several stand side by side.

    Attributes:
        paths: the files; a cube needs a row in each.
        folder: what relative paths start from; workers elsewhere stand in another one.
    """

    name: ClassVar[str] = "table"
    modalities: ClassVar[tuple[str, ...]] = ()
    thread_safe: ClassVar[bool] = True
    batch_size: ClassVar[int] = 1024
    shard_size: ClassVar[int] = 4096

    paths: tuple[str, ...]
    folder: str = field(default_factory=os.getcwd)

    @property
    def tables(self) -> str:
        """Return what the files are and where they come from, as JSON."""
        known = ("encoder", "encoder_version", "options", "cube_digest", "transductive")
        entries = [
            {"file": Path(path).name, "sha256": table.sha256}
            | {key: table.metadata[key] for key in known if key in table.metadata}
            for path, table in zip(self.paths, self._tables, strict=True)
        ]
        return json.dumps(entries, sort_keys=True)

    @property
    def tables_transductive(self) -> bool:
        """Tell whether anything in a file was fitted on its own cubes."""
        return any(is_transductive(table.metadata) for table in self._tables)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what the reader noticed about the files."""
        return tuple(item for table in self._tables for item in table.findings)

    @property
    def dims(self) -> int:
        """Return the number of columns of all files."""
        return sum(table.dims for table in self._tables)

    @property
    def table_source(self) -> "TableSource":
        """Return where the ids come from: there are no cubes."""
        return TableSource([self])

    @property
    def ids(self) -> set[str]:
        """Return the ids that at least one file has."""
        return {cube_id for table in self._tables for cube_id in table.ids}

    @property
    def _tables(self) -> list[EmbeddingTable]:
        return [_open(self._place(path)) for path in self.paths]

    def _place(self, path: str) -> str:
        return str(Path(self.folder) / path)

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), the rows of the batch's ids.

        Raises:
            CubeError: when a file has no row for an id.
        """
        parts = []
        for path, table in zip(self.paths, self._tables, strict=True):
            rows = _rows(self._place(path))
            missing = [cube_id for cube_id in batch.ids if cube_id not in rows]
            if missing:
                raise CubeError(
                    f"{Path(path).name} has no row for the cube {missing[0]!r}; every "
                    "block needs a vector of every cube."
                )
            parts.append(table.values[[rows[cube_id] for cube_id in batch.ids]])
        return np.concatenate(parts, axis=1)


def is_transductive(metadata: Mapping[str, str]) -> bool:
    """Tell whether the record of a file says that something was fitted on its cubes."""
    return metadata.get("transductive") == "true"


class TableSource:
    """The ids of an ensemble that reads embedding files and no cubes.

    An id that only some of the files have is left out by ``TableEncoder.encode``, with
    a finding that names the file.

    Args:
        encoders: its blocks.
    """

    def __init__(self, encoders: Sequence[TableEncoder]) -> None:
        self._encoders = encoders

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of all files, sorted."""
        return tuple(sorted(set.union(*(encoder.ids for encoder in self._encoders))))

    def files(self, cube_id: str) -> Mapping[str, Path]:
        """Return nothing: no file belongs to one cube alone."""
        del cube_id
        return {}


def _open(path: str) -> EmbeddingTable:
    return _opened(path)[0]


def _rows(path: str) -> dict[str, int]:
    return _opened(path)[1]


def _opened(path: str) -> tuple[EmbeddingTable, dict[str, int]]:
    changed = Path(path).stat().st_mtime_ns if Path(path).exists() else 0
    return _read(path, changed)


@lru_cache(maxsize=16)
def _read(path: str, changed: int) -> tuple[EmbeddingTable, dict[str, int]]:
    del changed  # part of the cache's key
    table = read_embeddings(Path(path))
    # The record of a CSV file lies beside it.
    record = read_record(Path(path), sidecar(Path(path)))
    table = replace(table, metadata=record or table.metadata)
    return table, {cube_id: row for row, cube_id in enumerate(table.ids)}
