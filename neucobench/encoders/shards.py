"""Finished rows of a run that may be killed, in a hidden folder beside the output.

::

    .mean.parquet.shards/
    ├── lock          held by the run that writes here
    ├── run.json      which encoder, with which options
    ├── 000000.npz    rows: ids, signatures of their cubes, vectors
    └── 000001.npz

Each shard is written whole or not at all. A row counts as finished as long as its cube
still has the signature it had.
"""

import fcntl
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import HIDDEN_PREFIX, whole_file, write_text
from neucobench.errors import InputError

_MANIFEST = "run.json"


class Row(NamedTuple):
    """One finished row: the cube's signature, and (dims,) its vector."""

    signature: str
    vector: NDArray[np.float32]


@dataclass(kw_only=True)
class ShardStore:
    """Keep finished rows in memory, and on disk in shards.

    Attributes:
        folder: the hidden folder.
        rows: finished rows by id.
        shard_rows: rows that make a shard full.
        shard_seconds: a shard that is not full is written after this time.
    """

    folder: Path
    rows: dict[str, Row] = field(default_factory=dict)
    shard_rows: int = 1024
    shard_seconds: float = 15.0
    _pending: list[str] = field(default_factory=list)
    _written: float = field(default_factory=time.monotonic)

    def add(
        self,
        ids: Sequence[str],
        signatures: Mapping[str, str],
        vectors: NDArray[np.float32],
    ) -> None:
        """Keep rows; write a shard when it is full or its time has come."""
        for cube_id, vector in zip(ids, vectors, strict=True):
            self.rows[cube_id] = Row(signatures[cube_id], vector)
            self._pending.append(cube_id)
        waited = time.monotonic() - self._written
        if len(self._pending) >= self.shard_rows or waited >= self.shard_seconds:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are in no shard yet."""
        if self._pending:
            rows = [self.rows[cube_id] for cube_id in self._pending]
            # In memory first: on a full disk a zip file that is being written would
            # print a traceback of its own when it is thrown away.
            data = BytesIO()
            with whole_file(self._next_path()) as hidden:
                np.savez(
                    data,
                    ids=np.array(self._pending),
                    signatures=np.array([row.signature for row in rows]),
                    vectors=np.stack([row.vector for row in rows]),
                )
                hidden.write_bytes(data.getbuffer())
            self._pending = []
        self._written = time.monotonic()

    def drop_stale(self, signatures: Mapping[str, str]) -> None:
        """Forget the rows of cubes that are gone or have changed."""
        self.rows = {
            cube_id: row
            for cube_id, row in self.rows.items()
            if signatures.get(cube_id) == row.signature
        }

    def _next_path(self) -> Path:
        numbers = [int(path.stem) for path in self.folder.glob("[0-9]*.npz")]
        return self.folder / f"{max(numbers, default=-1) + 1:06d}.npz"


def shard_folder(out: Path) -> Path:
    """Return the hidden folder of an output."""
    return out.with_name(f".{out.name}.shards")


@contextmanager
def open_shards(
    out: Path, run: Mapping[str, str], *, shard_rows: int, shard_seconds: float
) -> Iterator[ShardStore]:
    """Yield the store of ``out`` with what an earlier run has finished.

    Shards of a run with another encoder or other options are removed. When the block
    ends by an exception, Ctrl-C included, the finished rows are written; a folder
    without any is removed.

    Args:
        out: the output file.
        run: what decides the numbers, apart from the cubes.
        shard_rows: rows that make a shard full.
        shard_seconds: a shard that is not full is written after this time.

    Raises:
        InputError: when another run is writing the same output.
    """
    folder = shard_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, out):
        store = ShardStore(
            folder=folder, shard_rows=shard_rows, shard_seconds=shard_seconds
        )
        _start(store, run)
        try:
            yield store
        finally:
            if folder.exists():
                store.flush()
            if not store.rows:
                remove_shards(out)


def remove_shards(out: Path) -> None:
    """Remove the hidden folder of an output, if there is one."""
    shutil.rmtree(shard_folder(out), ignore_errors=True)


def _start(store: ShardStore, run: Mapping[str, str]) -> None:
    # The lock is ours: what is half written here was left by a run that was killed.
    for path in store.folder.glob(f"{HIDDEN_PREFIX}*"):
        path.unlink()
    manifest = store.folder / _MANIFEST
    text = json.dumps(dict(run), indent=2, sort_keys=True)
    shards = sorted(store.folder.glob("[0-9]*.npz"))
    if manifest.exists() and manifest.read_text(encoding="utf-8") == text:
        for path in shards:
            store.rows.update(_read_shard(path))
        return
    for path in shards:
        path.unlink()
    write_text(manifest, text)


def _read_shard(path: Path) -> dict[str, Row]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            vectors = file["vectors"]
            return {
                str(cube_id): Row(str(signature), vector)
                for cube_id, signature, vector in zip(
                    file["ids"], file["signatures"], vectors, strict=True
                )
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        # A damaged shard costs its rows, which are encoded again.
        path.unlink(missing_ok=True)
        return {}


@contextmanager
def _locked(folder: Path, out: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            # The system releases it when the process ends, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"Another run is writing {out} right now; wait for it to end, or give "
                "another --out."
            ) from None
        yield
    finally:
        os.close(descriptor)
