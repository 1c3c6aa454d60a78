"""Units of work of a run, and their results in a hidden folder beside the output.

::

    .mean.parquet.shards/
    ├── lock            held by the run that writes here
    ├── 000000.parquet  rows of the first cubes: id, vector
    └── 000001.parquet

A shard is a fixed part of the sorted ids. Its file appears whole or not at all, and
holds a key made from the encoder, the ids and the signatures of their cubes: it counts
as finished as long as the key is the one that is expected.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neucobench.atomic import HIDDEN_PREFIX, whole_file
from neucobench.embeddings.parquet import text_array, vector_array
from neucobench.errors import InputError
from neucobench.findings import Finding

_KEY, _FACTS = b"key", b"facts"
_LOCK = "lock"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Name one unit of work.

    Attributes:
        path: the file that its result is written to.
        key: what the result depends on, as a digest.
        ids: the cubes, sorted.
    """

    path: Path
    key: str
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ShardFacts:
    """Say what a finished shard holds.

    Attributes:
        rows: cubes that were encoded.
        bytes_read: the size of their files.
        findings: one for each cube that was not.
    """

    rows: int
    bytes_read: int
    findings: tuple[Finding, ...] = ()


def plan_shards(
    folder: Path, run: str, signatures: Mapping[str, str], *, size: int
) -> list[Shard]:
    """Return the shards of a run: ``size`` ids each, in sorted order.

    Args:
        folder: where the results go.
        run: what decides the numbers, apart from the cubes, as a digest.
        signatures: cube id to its signature.
        size: cubes in a shard.
    """
    ids = sorted(signatures)
    parts = [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    return [
        Shard(
            path=folder / f"{number:06d}.parquet",
            key=digest([run, *(f"{cube}\t{signatures[cube]}" for cube in part)]),
            ids=part,
        )
        for number, part in enumerate(parts)
    ]


def digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 of lines of text."""
    # Names of files need not be valid text.
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()


def write_shard(
    shard: Shard,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    findings: Sequence[Finding],
    *,
    bytes_read: int,
) -> None:
    """Write the result of a shard as a whole."""
    facts = {
        "bytes_read": bytes_read,
        "findings": [finding.as_dict() for finding in findings],
    }
    table = pa.table({"id": text_array(ids), "embedding": vector_array(vectors)})
    metadata = {_KEY: shard.key.encode(), _FACTS: json.dumps(facts).encode()}
    with whole_file(shard.path) as hidden:
        pq.write_table(
            table.replace_schema_metadata(metadata),
            hidden,
            compression="none",
            use_dictionary=False,
            write_statistics=False,
            write_page_checksum=True,
        )


def finished(shard: Shard) -> ShardFacts | None:
    """Return what a finished shard holds; None when it must be done (again)."""
    try:
        with pq.ParquetFile(shard.path) as file:
            metadata = file.schema_arrow.metadata or {}
            rows = file.metadata.num_rows
        if metadata.get(_KEY) != shard.key.encode():
            return None
        facts = json.loads(metadata[_FACTS])
        return ShardFacts(
            rows=rows,
            bytes_read=facts["bytes_read"],
            findings=tuple(Finding(**item) for item in facts["findings"]),
        )
    except (OSError, KeyError, ValueError, pa.ArrowException):
        # A damaged shard costs its rows, which are encoded again.
        return None


def read_shard(shard: Shard) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the ids and the vectors, (samples, dims), of a finished shard.

    Raises:
        InputError: when the file was damaged since.
    """
    try:
        with pq.ParquetFile(shard.path, page_checksum_verification=True) as file:
            table = file.read().combine_chunks()
    except (OSError, pa.ArrowException) as error:
        shard.path.unlink(missing_ok=True)
        raise InputError(
            f"The finished part {shard.path} can no longer be read; it was removed. "
            "Give the same command again: only this part is encoded again."
        ) from error
    column = table.column("embedding")
    if not len(table):
        return (), np.empty((0, column.type.list_size), np.float32)
    cells = column.chunk(0).flatten()
    values = np.frombuffer(cells.buffers()[1], np.float32, len(cells), 4 * cells.offset)
    ids = tuple(table.column("id").to_pylist())
    return ids, values.reshape(len(ids), column.type.list_size)


def shard_folder(out: Path) -> Path:
    """Return the hidden folder of an output."""
    return out.with_name(f".{out.name}.shards")


@contextmanager
def open_folder(out: Path) -> Iterator[Path]:
    """Yield the hidden folder of ``out``, which nobody else writes meanwhile.

    A folder in which nothing is finished is removed when the block ends.

    Raises:
        InputError: when another run is writing the same output.
    """
    folder = shard_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, out) as lock:
        # The lock is ours: what is half written here was left by a run that was killed.
        for path in folder.glob(f"{HIDDEN_PREFIX}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        try:
            yield folder
        finally:
            finished = (*folder.glob("*.parquet"), *folder.glob("*.safe*"))
            # Once it was removed, a folder of this name is that of another run.
            if not finished and _is_lock_of(lock, folder):
                remove_folder(out)


def remove_folder(out: Path) -> None:
    """Remove the hidden folder of an output, if there is one."""
    shutil.rmtree(shard_folder(out), ignore_errors=True)


@contextmanager
def _locked(folder: Path, out: Path) -> Iterator[int]:
    """Yield the descriptor of the folder's lock, which is held meanwhile."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            # The system releases it when the process ends, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = _is_lock_of(descriptor, folder)
        except BlockingIOError:
            held = False
        except OSError as error:
            raise InputError(
                f"The folder of {out} cannot be locked against a second run "
                f"({error.strerror}): its file system has no locks. Give --out a path "
                "on another one, and copy the file afterwards."
            ) from error
        if not held:
            raise InputError(
                f"Another run is writing {out} right now; wait for it to end, or give "
                "another --out."
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _is_lock_of(descriptor: int, folder: Path) -> bool:
    """Tell whether a lock is that of the folder, which may have been made anew."""
    try:
        return os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat())
    except FileNotFoundError:
        return False
