"""Read cubes and encode them, batch by batch, on one or several threads.

::

    thread 1: read, decode ──┐
    thread 2: read, decode ──┼──▶ encoder, one batch at a time ──▶ rows in order
    thread N: read, decode ──┘

Reading and Blosc release the interpreter lock, so that threads serve as well as
processes and need no copies between them.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.buffers import Buffers
from neucobench.data.cube import ENDING, Cube
from neucobench.data.dataset import CubeFolder
from neucobench.data.zipped import ZipArchive
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.load import describe
from neucobench.errors import CubeError, InputError, NeucoError
from neucobench.findings import Finding

BROKEN_CUBE = "broken-cube"


@dataclass(frozen=True, kw_only=True)
class EncodedBatch:
    """Hold the rows of one batch.

    Attributes:
        ids: (samples,) the cubes that were encoded.
        vectors: (samples, dims)
        findings: one for each cube that was not.
        cubes: how many cubes were tried.
        bytes_read: the size of their files.
    """

    ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    findings: tuple[Finding, ...]
    cubes: int
    bytes_read: int


def encode_batches(
    folder: CubeFolder,
    encoder: CheckedEncoder,
    batches: Iterable[Sequence[str]],
    *,
    workers: int,
) -> Generator[EncodedBatch, None, None]:
    """Yield the batches in the order given, whatever the number of workers.

    Args:
        folder: the cubes.
        encoder: what encodes them; it is called by one thread at a time.
        batches: the ids of each batch.
        workers: threads that read and decode.

    Raises:
        InputError: when the encoder fails for a reason that is not the cube's.
    """
    work = _BatchWork(folder, encoder)
    if workers == 1:
        yield from map(work, batches)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="encode")
    try:
        yield from _in_order(pool, work, batches, ahead=4 * workers)
    finally:
        # Reached on Ctrl-C too: batches that are running end, the others never start.
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Sequence[str]], EncodedBatch],
    batches: Iterable[Sequence[str]],
    *,
    ahead: int,
) -> Iterator[EncodedBatch]:
    waiting: deque[Future[EncodedBatch]] = deque()
    for batch in batches:
        waiting.append(pool.submit(work, batch))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


class _BatchWork:
    """Read and encode one batch; called from several threads."""

    def __init__(self, folder: CubeFolder, encoder: CheckedEncoder) -> None:
        self._folder = folder
        self._encoder = encoder
        self._one_at_a_time = threading.Lock()
        self._local = threading.local()

    def __call__(self, ids: Sequence[str]) -> EncodedBatch:
        cubes: list[Cube] = []
        findings: list[Finding] = []
        bytes_read = 0
        for cube_id in ids:
            try:
                cube = self._read(cube_id, reuse=len(ids) == 1)
                bytes_read += self._file_sizes(cube_id)
            except (CubeError, OSError) as error:
                findings.append(broken_cube(cube_id, error))
            else:
                cubes.append(cube)
        kept: list[str] = []
        vectors = [np.empty((0, self._encoder.dims), dtype=np.float32)]
        for _, group in groupby(cubes, key=_shapes):
            for part in self._encode(list(group), findings):
                kept.extend(part[0])
                vectors.append(part[1])
        return EncodedBatch(
            ids=tuple(kept),
            vectors=np.concatenate(vectors),
            findings=tuple(findings),
            cubes=len(ids),
            bytes_read=bytes_read,
        )

    def _read(self, cube_id: str, *, reuse: bool) -> Cube:
        encoder = self._encoder
        if not encoder.modalities:
            # Nothing to read; but what is no zip file is no cube either.
            for path in self._folder.files(cube_id).values():
                ZipArchive(path).close()
            return Cube(id=cube_id, arrays={}, offsets={})
        return self._folder.read(
            cube_id,
            modalities=encoder.modalities,
            seasons=encoder.seasons,
            offset=encoder.offset,
            buffers=self._buffers() if reuse else None,
            # Blosc has no checksum: without this a flipped bit becomes a vector.
            verify=True,
        )

    def _buffers(self) -> Buffers:
        if not hasattr(self._local, "buffers"):
            self._local.buffers = Buffers()
        buffers: Buffers = self._local.buffers
        return buffers

    def _file_sizes(self, cube_id: str) -> int:
        files = self._folder.files(cube_id)
        return sum(files[name].stat().st_size for name in self._encoder.modalities)

    def _encode(
        self, cubes: Sequence[Cube], findings: list[Finding]
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
        """Yield ids and vectors; cubes that the encoder refuses become findings."""
        batch = _stack(cubes)
        try:
            with self._one_at_a_time:
                vectors = self._encoder.encode(batch)
        except CubeError as error:
            if len(cubes) == 1:
                findings.append(broken_cube(cubes[0].id, error))
                return
            for cube in cubes:
                yield from self._encode([cube], findings)
        except NeucoError:
            raise
        except (Exception, SystemExit) as error:
            raise InputError(
                f"The encoder {self._encoder.name!r} failed on the cubes "
                f"{', '.join(batch.ids)}: {describe(error)} Correct the encoder; the "
                "same command goes on from here."
            ) from error
        else:
            yield batch.ids, vectors


def broken_cube(cube_id: str, error: Exception) -> Finding:
    """Return the finding about a cube that cannot be encoded."""
    sentence = str(error).rstrip(".")
    named = repr(cube_id) in sentence or f"{cube_id}{ENDING}" in sentence
    message = f"{sentence}." if named else f"Cube {cube_id!r}: {sentence}."
    return Finding(code=BROKEN_CUBE, level="warning", message=message, count=1)


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
