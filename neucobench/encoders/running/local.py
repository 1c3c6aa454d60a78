"""The shards of a run on the threads of this process.

::

    thread 1: read ─▶ encode ─▶ read ─▶ encode ─▶ shard 0
    thread 2: read ─▶ encode ─▶ read ─▶ encode ─▶ shard 1

Reading, Blosc and torch release the interpreter lock, so that threads serve as well as
processes, start at once and share the weights. Where several threads may call the
encoder, each computes on one core, so that the bits do not depend on their number.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from queue import SimpleQueue

from neucobench.data.dataset import CubeFolder
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.one_core import one_core
from neucobench.encoders.running.shards import Shard
from neucobench.encoders.running.work import encode_shard
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Say what was done since the last time.

    Attributes:
        cubes: cubes that were tried.
        findings: one for each of them that could not be encoded.
    """

    cubes: int
    findings: tuple[Finding, ...] = ()


class _StoppedError(Exception):
    """Tell a thread that its result is no longer wanted."""


def encode_locally(
    shards: Sequence[Shard],
    folder: CubeFolder,
    encoder: CheckedEncoder,
    *,
    workers: int,
) -> Generator[Progress, None, None]:
    """Encode shards on ``workers`` threads; yield whenever a batch is done.

    Args:
        shards: what is to be done.
        folder: the cubes.
        encoder: what encodes them, prepared and fitted.
        workers: threads.

    Raises:
        InputError: when the encoder fails for a reason that is not the cube's.
    """
    events: SimpleQueue[Progress | BaseException | None] = SimpleQueue()
    stop = threading.Event()
    gate = nullcontext() if encoder.thread_safe else threading.Lock()

    def tell(cubes: int, findings: Sequence[Finding]) -> None:
        if stop.is_set():
            raise _StoppedError
        events.put(Progress(cubes=cubes, findings=tuple(findings)))

    def work(shard: Shard) -> None:
        try:
            encode_shard(shard, folder, encoder, gate=gate, tell=tell)
            events.put(None)
        except _StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised by the caller
            # Here and not by the caller: this thread takes its next shard at once.
            stop.set()
            events.put(error)

    limit = one_core() if encoder.thread_safe else nullcontext()
    with limit, ThreadPoolExecutor(workers, thread_name_prefix="encode") as pool:
        try:
            for shard in shards:
                pool.submit(work, shard)
            yield from _until_done(events, len(shards))
        finally:
            # Reached on Ctrl-C too: a shard that is begun is given up.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _until_done(
    events: "SimpleQueue[Progress | BaseException | None]", shards: int
) -> Iterator[Progress]:
    while shards:
        event = events.get()
        if event is None:
            shards -= 1
        elif isinstance(event, BaseException):
            raise event
        else:
            yield event
