"""One unit of work: read the cubes of a shard, encode them, write the shard.

The result depends on the shard and the encoder alone, and not on who does it: a thread
of this process or a worker on another machine.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.buffers import Buffers
from neucobench.data.cube import ENDING, Cube
from neucobench.data.dataset import CubeFolder, shorten
from neucobench.data.zipped import ZipArchive
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.running.shards import Shard, write_shard
from neucobench.encoders.user_file import describe
from neucobench.errors import CubeError, InputError, NeucoError
from neucobench.findings import Finding

BROKEN_CUBE = "broken-cube"
# Not the cube's fault. A file that was there when the run began and is gone, too.
_TROUBLE = {
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOENT),
    *(errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN),
}

Tell = Callable[[int, Sequence[Finding]], None]
_LOCAL = threading.local()


def encode_shard(
    shard: Shard,
    folder: CubeFolder,
    encoder: CheckedEncoder,
    *,
    gate: AbstractContextManager[Any],
    tell: Tell,
) -> None:
    """Encode the cubes of a shard and write its file.

    Args:
        shard: the cubes, and where the result goes.
        folder: the cubes' folder.
        encoder: what encodes them, prepared and fitted.
        gate: held while the encoder computes; a lock when it is not thread-safe.
        tell: called after each batch with the cubes tried and the findings.

    Raises:
        InputError: when the encoder fails for a reason that is not the cube's.
    """
    ids: list[str] = []
    vectors = [np.empty((0, encoder.dims), dtype=np.float32)]
    findings: list[Finding] = []
    bytes_read = 0
    for start in range(0, len(shard.ids), encoder.batch_size):
        part = shard.ids[start : start + encoder.batch_size]
        batch = _Batch(folder=folder, encoder=encoder, gate=gate)
        for rows in batch.encode(part):
            ids.extend(rows[0])
            vectors.append(rows[1])
        findings.extend(batch.findings)
        bytes_read += batch.bytes_read
        tell(len(part), batch.findings)
    write_shard(shard, ids, np.concatenate(vectors), findings, bytes_read=bytes_read)


def read_for(folder: CubeFolder, encoder: CheckedEncoder, cube_id: str) -> CubeBatch:
    """Return one cube as a batch of one, with what ``encoder`` reads of it.

    Raises:
        CubeError: when the cube cannot be read.
    """
    return _stack([_read(folder, encoder, cube_id, buffers=None)])


@dataclass(kw_only=True)
class _Batch:
    folder: CubeFolder
    encoder: CheckedEncoder
    gate: AbstractContextManager[Any]
    findings: list[Finding] = field(default_factory=list)
    bytes_read: int = 0

    def encode(
        self, ids: Sequence[str]
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
        """Yield ids and vectors of the cubes that can be encoded, in order."""
        cubes = []
        for cube_id in ids:
            try:
                buffers = _buffers() if len(ids) == 1 else None
                cube = _read(self.folder, self.encoder, cube_id, buffers=buffers)
                size = self._file_sizes(cube_id)
            except (CubeError, OSError) as error:
                _refuse_trouble(cube_id, error)
                self.findings.append(broken_cube(cube_id, error, self.folder))
            else:
                cubes.append(cube)
                self.bytes_read += size
        for _, group in groupby(cubes, key=_shapes):
            yield from self._encode(list(group))

    def _file_sizes(self, cube_id: str) -> int:
        if not self.encoder.modalities:
            return 0
        files = self.folder.files(cube_id)
        return sum(files[name].stat().st_size for name in self.encoder.modalities)

    def _encode(
        self, cubes: Sequence[Cube]
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
        """Yield ids and vectors; cubes that the encoder refuses become findings."""
        batch = _stack(cubes)
        try:
            with self.gate:
                vectors = self.encoder.encode(batch)
        except CubeError as error:
            if len(cubes) == 1:
                self.findings.append(broken_cube(cubes[0].id, error, self.folder))
                return
            for cube in cubes:
                yield from self._encode([cube])
        except NeucoError:
            raise
        except (Exception, SystemExit) as error:
            raise InputError(
                f"The encoder {self.encoder.name!r} failed on the cubes "
                f"{shorten(batch.ids)}: {describe(error)} Correct the encoder; the "
                "same command goes on from here."
            ) from error
        else:
            yield batch.ids, vectors


def _read(
    folder: CubeFolder,
    encoder: CheckedEncoder,
    cube_id: str,
    *,
    buffers: Buffers | None,
) -> Cube:
    if not encoder.modalities:
        # Nothing to read; but what is no zip file is no cube either.
        for path in folder.files(cube_id).values():
            ZipArchive(path).close()
        return Cube(id=cube_id, arrays={}, offsets={})
    return folder.read(
        cube_id,
        modalities=encoder.modalities,
        seasons=encoder.seasons,
        offset=encoder.offset,
        buffers=buffers,
        # Blosc has no checksum: without this a flipped bit becomes a vector.
        verify=True,
    )


def _buffers() -> Buffers:
    """Return the buffers of this thread."""
    if not hasattr(_LOCAL, "buffers"):
        _LOCAL.buffers = Buffers()
    buffers: Buffers = _LOCAL.buffers
    return buffers


def broken_cube(cube_id: str, error: Exception, folder: CubeFolder) -> Finding:
    """Return the finding about a cube that cannot be encoded."""
    # It goes into the file, which must not depend on where the cubes lie.
    root = f"{getattr(folder, 'root', '')}{os.sep}"
    sentence = str(error).replace(root, "").rstrip(".")
    named = repr(cube_id) in sentence or f"{cube_id}{ENDING}" in sentence
    message = f"{sentence}." if named else f"Cube {cube_id!r}: {sentence}."
    return Finding(code=BROKEN_CUBE, level="warning", message=message, count=1)


def _refuse_trouble(cube_id: str, error: BaseException) -> None:
    """Raise when it is the system that failed and not the cube that is broken.

    Raises:
        InputError: so that a moment's trouble does not cost good cubes their rows.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _TROUBLE:
            raise InputError(
                f"The system could not read the cube {cube_id!r} "
                f"({cause.strerror}); that says nothing about the cube. Once the files "
                "can be read again, the same command goes on from here."
            ) from error
        cause = cause.__cause__


def _shapes(cube: Cube) -> tuple[tuple[str, tuple[int, ...], str], ...]:
    return tuple(
        (name, array.shape, array.dtype.str) for name, array in cube.arrays.items()
    )


def _stack(cubes: Sequence[Cube]) -> CubeBatch:
    first = cubes[0]
    arrays: Mapping[str, NDArray[Any]] = {
        # A view for a single cube: copying it would cost as much as decoding it.
        name: array[None]
        if len(cubes) == 1
        else np.stack([cube.arrays[name] for cube in cubes])
        for name, array in first.arrays.items()
    }
    ids = tuple(cube.id for cube in cubes)
    return CubeBatch(ids=ids, arrays=arrays, offsets=first.offsets)
