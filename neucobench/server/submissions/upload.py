"""Uploads: a multipart body straight to the disk, with a digest and limits on the way.

::

    network ──▶ at most uploads_at_once read on ──▶ parser ──▶ incoming/<random>.csv
                others wait, unread                   │          and its SHA-256
                                                      └──▶ a few small text fields

No more than a piece of a file is in memory. What is refused leaves nothing behind.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4
from weakref import WeakKeyDictionary

from starlette.requests import Request

from neucobench.server.context import Context
from neucobench.server.refusals import Busy, TooSlow
from neucobench.server.submissions.multipart import Multipart, boundary_of
from neucobench.server.submissions.room import no_room, too_large

PIECE_BYTES = 2**18
# Boundaries, headers and the text fields beside the file.
OVERHEAD_BYTES = 2**18
SLOWEST_BYTES_PER_SECOND = 2**15
LEAST_SECONDS = 60.0
FREE_BYTES = 2**28
WAITING_PER_SLOT = 16

_writers = ThreadPoolExecutor(4, thread_name_prefix="neucobench-upload")


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """Hold an upload that has arrived whole and was not looked into yet.

    Attributes:
        path: where it lies, below ``incoming/``.
        file_name: what the participant calls it; a bare, printable name.
        ending: its ending, in lower case.
        digest: its SHA-256.
        bytes: its length.
        fields: the text fields that came with it.
        received: when its last byte came; None: now.
    """

    path: Path
    file_name: str
    ending: str
    digest: str
    bytes: int
    fields: Mapping[str, str]
    received: datetime | None = None


class _Gate:
    """Let so many uploads be read at once, and not too many wait."""

    def __init__(self, slots: int) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._most = slots * WAITING_PER_SLOT
        self._inside = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        if self._inside >= self._most:
            raise Busy(
                f"{self._inside} uploads are under way, as many as this server takes. "
                "Try again in a minute."
            )
        self._inside += 1
        try:
            async with self._slots:
                yield
        finally:
            self._inside -= 1


class _Pace:
    """Give an upload the time that what has come of it earns, and no long silence.

    Who states a large size and sends nothing would otherwise hold a slot for long.
    """

    def __init__(self, context: Context, patience: asyncio.Timeout) -> None:
        self._context = context
        self._patience = patience
        self._begun = asyncio.get_running_loop().time()

    def go_on(self, seen: int) -> None:
        silence = asyncio.get_running_loop().time() + LEAST_SECONDS
        earned = self._begun + _seconds_for(seen, self._context)
        self._patience.reschedule(min(silence, earned))


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gate] = WeakKeyDictionary()


async def receive(request: Request, context: Context, *, limit: int) -> Incoming:
    """Return an upload as a file below ``incoming/``; its caller removes or moves it.

    Args:
        request: a ``multipart/form-data`` request with one part ``file``, whose body
            nobody has read.
        context: the server's.
        limit: the largest file that is accepted.

    Raises:
        TooLarge: when it is, or says it is, larger.
        TooSlow: when it does not arrive in the time that its size has.
        Rejected: when it is no such request, or its ending is another one.
        Busy: when the disk is full, or too many uploads are under way.
    """
    boundary = boundary_of(request.headers.get("content-type", ""))
    length = _stated_length(request)
    _require_room(context, length or 0, limit)
    gate = _gates.setdefault(
        asyncio.get_running_loop(), _Gate(context.settings.uploads_at_once)
    )
    async with gate.slot():
        path = context.settings.incoming / uuid4().hex
        body = Multipart(boundary, path, limit=limit)
        try:
            async with asyncio.timeout(None) as patience:
                await _read_on(request, body, limit, _Pace(context, patience))
        except TimeoutError as error:
            await _discard(body)
            raise TooSlow(
                f"The upload did not arrive within the time it has: {LEAST_SECONDS:.0f}"
                f" seconds, and one more for each {SLOWEST_BYTES_PER_SECOND // 2**10} "
                "KiB that have come. Try again over a faster line, or send a smaller "
                "file, e.g. Parquet or float16."
            ) from error
        except BaseException:
            await _discard(body)
            raise
    return Incoming(
        path=body.path,
        file_name=body.file_name,
        ending=body.ending,
        digest=body.digest,
        bytes=body.bytes,
        fields=body.fields,
        received=context.clock(),
    )


def clear_incoming(context: Context) -> int:
    """Remove the uploads that a server before this one left half done; return how many.

    Only a server that holds the folder's lock may do it.
    """
    left = [path for path in context.settings.incoming.iterdir() if path.is_file()]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


async def _read_on(request: Request, body: Multipart, limit: int, pace: _Pace) -> None:
    """Feed the parser, in pieces, away from the event loop."""
    loop = asyncio.get_running_loop()
    seen = 0
    piece = bytearray()
    pace.go_on(seen)
    async for part in request.stream():
        seen += len(part)
        if seen > limit + OVERHEAD_BYTES:
            raise too_large(limit)
        piece += part
        if len(piece) >= PIECE_BYTES:
            await _settled(loop, body, bytes(piece))
            piece.clear()
        pace.go_on(seen)
    await _settled(loop, body, bytes(piece))
    await asyncio.shield(loop.run_in_executor(_writers, body.end))


async def _settled(
    loop: asyncio.AbstractEventLoop, body: Multipart, piece: bytes
) -> None:
    # A write goes on when its upload is given up, so that the file is not removed
    # under it: removing waits for it in turn.
    await asyncio.shield(loop.run_in_executor(_writers, body.feed, piece))


async def _discard(body: Multipart) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.shield(loop.run_in_executor(_writers, body.discard))


def _stated_length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _require_room(context: Context, length: int, limit: int) -> None:
    if length > limit + OVERHEAD_BYTES:
        raise too_large(limit)
    if shutil.disk_usage(context.settings.incoming).free < length + FREE_BYTES:
        raise no_room()


def _seconds_for(seen: int, context: Context) -> float:
    earned = LEAST_SECONDS + seen / SLOWEST_BYTES_PER_SECOND
    return min(context.settings.upload_seconds, earned)
