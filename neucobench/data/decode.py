"""Decode Blosc chunks straight into the array that is asked for.

::

    file ── read ──▶ packed chunk ── Blosc ──▶ destination          the common case
                                  └─ Blosc ──▶ one chunk ── copy ──▶ destination

A chunk goes the short way when all of it is wanted and its place in the destination is
one piece of memory: one chunk per season, for instance.
"""

import itertools
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from numpy.typing import NDArray

from neucobench.data.bounds import blosc_sizes
from neucobench.data.buffers import Buffers
from neucobench.data.layout import ArrayLayout
from neucobench.data.zip_directory import DAMAGED, STORED
from neucobench.data.zipped import ZipArchive
from neucobench.errors import CubeError

# A chunk costs some microseconds at least, and its step some hundred bytes.
MAX_CHUNKS = 10_000
_BLOSC_OVERHEAD = 64
Index = slice | list[int]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Say which samples and seasons of an array are wanted.

    Attributes:
        samples: consecutive positions along ``sample``; ``range(1)`` where the array
            has no such axis.
        seasons: positions along ``time``, in the order in which they are returned.
    """

    samples: range
    seasons: range | tuple[int, ...]


def decode_blosc(
    archive: ZipArchive,
    folder: str,
    layout: ArrayLayout,
    selection: Selection,
    out: NDArray[Any],
    *,
    buffers: Buffers,
    verify: bool,
) -> None:
    """Fill ``out`` from an array whose layout is ``plain_blosc``.

    Args:
        archive: the open file.
        folder: where the array lies in it, e.g. ``"bands/"``.
        layout: its layout.
        selection: what is wanted.
        out: (sample, time, band, y, x), C-contiguous, of the layout's type.
        buffers: for packed and partly wanted chunks.
        verify: whether to check the CRC-32 of each chunk.

    Raises:
        CubeError: when a chunk is damaged.
    """
    steps = _steps(layout.shape, layout.chunks, selection)
    separator = layout.separator or _separator(archive, folder, steps[0].indices)
    start = folder + layout.prefix + (separator if layout.prefix else "")
    for step in steps:
        key = start + separator.join(step.indices)
        if key not in archive:
            out[step.target] = layout.fill
            continue
        packed = _packed(archive, key, layout, buffers, verify=verify)
        place = out[step.target]
        one_piece = place.flags.c_contiguous and place.nbytes == layout.chunk_bytes
        if step.ordered and one_piece:
            _decompress(key, packed, place)
        else:
            chunk = buffers.array("chunk", _five(layout.chunks), layout.dtype)
            _decompress(key, packed, chunk)
            out[step.target] = chunk[step.source]


class Step(NamedTuple):
    """Say what becomes of one chunk.

    Attributes:
        indices: its position among the chunks, as its key has it.
        source: the part of it that is wanted.
        target: where that goes.
        ordered: whether the part keeps its order and goes to one place; a list of
            seasons may do neither.
    """

    indices: tuple[str, ...]
    source: tuple[Index, ...]
    target: tuple[Index, ...]
    ordered: bool


# The same few selections are made of every file of a set.
@lru_cache(maxsize=8)
def _steps(
    shape: tuple[int, ...], chunks: tuple[int, ...], selection: Selection
) -> list[Step]:
    wanted = (selection.samples, selection.seasons, *map(range, shape[-3:]))
    axes = [
        _axis(item, chunk) for item, chunk in zip(wanted, _five(chunks), strict=True)
    ]
    count = prod(map(len, axes))
    if count > MAX_CHUNKS:
        raise CubeError(
            f"the array lies in {count:,} chunks, and at most {MAX_CHUNKS:,} are read; "
            "write it in larger chunks"
        )
    steps = []
    for parts in itertools.product(*axes):
        indices, source, target = zip(*parts, strict=True)
        steps.append(
            Step(
                indices=tuple(map(str, indices[-len(shape) :])),
                source=source,
                target=target,
                ordered=isinstance(source[1], slice) and isinstance(target[1], slice),
            )
        )
    return steps


def _axis(
    wanted: range | tuple[int, ...], chunk: int
) -> list[tuple[int, Index, Index]]:
    """Return, per chunk along one axis, its index, the part wanted, and its place."""
    if isinstance(wanted, range):
        steps: list[tuple[int, Index, Index]] = []
        for index in range(wanted.start // chunk, (wanted.stop - 1) // chunk + 1):
            start = max(wanted.start, index * chunk)
            stop = min(wanted.stop, (index + 1) * chunk)
            source = slice(start - index * chunk, stop - index * chunk)
            target = slice(start - wanted.start, stop - wanted.start)
            steps.append((index, source, target))
        return steps
    places: dict[int, tuple[list[int], list[int]]] = {}
    for order, position in enumerate(wanted):
        sources, targets = places.setdefault(position // chunk, ([], []))
        sources.append(position % chunk)
        targets.append(order)
    return [
        (i, _index(source), _index(target)) for i, (source, target) in places.items()
    ]


def _index(positions: list[int]) -> Index:
    first, last = positions[0], positions[-1]
    consecutive = positions == list(range(first, last + 1))
    return slice(first, last + 1) if consecutive else positions


def _separator(archive: ZipArchive, folder: str, first: tuple[str, ...]) -> str:
    """Return the separator where the metadata, as older writers leave them, lack it."""
    return "/" if folder + "/".join(first) in archive else "."


def _packed(
    archive: ZipArchive,
    key: str,
    layout: ArrayLayout,
    buffers: Buffers,
    *,
    verify: bool,
) -> bytes | memoryview:
    if archive.entry(key).method == STORED:
        return archive.stored(key, buffers, verify=verify)
    return archive.read(key, limit=layout.chunk_bytes + _BLOSC_OVERHEAD)


def _decompress(key: str, packed: bytes | memoryview, place: NDArray[Any]) -> None:
    from numcodecs import blosc

    # Blosc trusts its own header and would read past the end of a chunk that was cut.
    if blosc_sizes(packed) != (place.nbytes, len(packed)):
        raise CubeError(
            f"the chunk {key!r} declares other sizes than the array's metadata and the "
            f"zip do; {DAMAGED}"
        )
    try:
        blosc.decompress(packed, place)
    except (RuntimeError, ValueError) as error:
        raise CubeError(f"the chunk {key!r} cannot be decoded; {DAMAGED}") from error


def _five(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths with a leading 1 where there is no axis ``sample``."""
    return lengths if len(lengths) == 5 else (1, *lengths)
