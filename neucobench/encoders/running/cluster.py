"""The shards of a run on the workers of a Dask cluster.

::

    this process ── scheduler ──┬─ worker: read ─▶ encode ─▶ shard 0
                                └─ worker: read ─▶ encode ─▶ shard 1

Workers read the cubes and write the shards themselves: they must see the same files
under the same paths, and have the same packages. Workers may come and go; a shard whose
worker dies goes to another one. The encoder travels through a file beside the shards.
"""

import hashlib
import re
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from threadpoolctl import threadpool_limits

from neucobench.atomic import whole_file
from neucobench.data.dataset import CubeFolder
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.running.local import Progress
from neucobench.encoders.running.shards import Shard
from neucobench.encoders.running.work import encode_shard
from neucobench.encoders.user_file import USER_MODULE
from neucobench.errors import InputError, MissingExtraError, NeucoError
from neucobench.findings import Finding

_CONNECTING_SECONDS = 30
_GATE = threading.Lock()
_UNPACKING = threading.Lock()


def encode_on_cluster(
    shards: Sequence[Shard],
    folder: CubeFolder,
    encoder: CheckedEncoder,
    *,
    address: str,
) -> Generator[Progress, None, None]:
    """Encode shards on a Dask cluster; yield whenever one is done.

    Args:
        shards: what is to be done.
        folder: the cubes.
        encoder: what encodes them, fitted.
        address: of the scheduler, e.g. ``"tcp://host:8786"``.

    Raises:
        InputError: when the scheduler does not answer, or a shard fails for a reason
            that is not the cube's.
    """
    if not shards:
        return
    client = _connect(address)
    futures: dict[Any, Shard] = {}
    try:
        packed = _pack(encoder, shards[0].path.parent.resolve())
        # Workers outlive a run: they list the folder once in each.
        cubes = (str(folder.root.resolve()), uuid4().hex)
        for shard in shards:
            absolute = replace(shard, path=shard.path.resolve())
            # Another output of the same cubes is another task, which writes there.
            key = f"{shard.path.stem}-{shard.key}-{cubes[1]}"
            future = client.submit(_encode_there, absolute, cubes, packed, key=key)
            futures[future] = shard
        yield from _until_done(client, futures, address)
    finally:
        # Reached on Ctrl-C too: what has not begun is taken back.
        client.cancel(list(futures))
        client.close()


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError("distributed", extra="cluster") from error
    if not re.fullmatch(r"(\w+://)?[^\s/:]+:\d+", address):
        raise InputError(
            f"{address!r} is no address of a Dask scheduler; it names a machine and a "
            "port. Give e.g. --scheduler tcp://host:8786."
        )
    try:
        return Client(  # type: ignore[no-untyped-call]
            address, timeout=_CONNECTING_SECONDS, set_as_default=False
        )
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"No Dask scheduler answers at {address} ({error}). Start one with: dask "
            "scheduler; then give its address, e.g. --scheduler tcp://host:8786."
        ) from error


def _pack(encoder: CheckedEncoder, folder: Path) -> tuple[str, str]:
    """Write the encoder where the workers can read it; return the path and a digest."""
    import cloudpickle

    for name, module in list(sys.modules.items()):
        if name.startswith(USER_MODULE):
            # The worker cannot import the user's file: the class itself travels.
            cloudpickle.register_pickle_by_value(module)
    data = cloudpickle.dumps(encoder)
    path = folder / "encoder.pickle"
    with whole_file(path) as hidden:
        hidden.write_bytes(data)
    return str(path), hashlib.sha256(data).hexdigest()


def _until_done(
    client: Any, futures: Mapping[Any, Shard], address: str
) -> Generator[Progress, None, None]:
    from distributed import as_completed

    done = as_completed(futures, loop=client.loop)  # type: ignore[no-untyped-call]
    for future in done:
        try:
            findings = future.result()
        except NeucoError:
            raise
        except Exception as error:
            raise InputError(
                f"The cluster at {address} could not finish {futures[future].path.name}"
                f": {type(error).__name__}: {error}. Look at the worker's log; the "
                "same command goes on from here."
            ) from error
        yield Progress(cubes=len(futures[future].ids), findings=findings)


def _encode_there(
    shard: Shard, cubes: tuple[str, str], packed: tuple[str, str]
) -> tuple[Finding, ...]:
    """Encode one shard; runs on a worker."""
    with _UNPACKING:
        # Several threads of a worker would load the weights once each.
        encoder = _unpack(*packed)
    gate = nullcontext() if encoder.thread_safe else _GATE
    if encoder.thread_safe:
        _use_one_core()
    found: list[Finding] = []
    encode_shard(
        shard,
        _folder(*cubes),
        encoder,
        gate=gate,
        tell=lambda _, findings: found.extend(findings),
    )
    return tuple(found)


@lru_cache(maxsize=2)
def _unpack(path: str, digest: str) -> CheckedEncoder:
    import cloudpickle

    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise InputError(f"{path} is not the encoder of this run; start it again.")
    encoder: CheckedEncoder = cloudpickle.loads(data)
    encoder.prepare()
    return encoder


@lru_cache(maxsize=2)
def _folder(root: str, run: str) -> CubeFolder:
    del run  # part of the cache's key
    return CubeFolder(root)


def _use_one_core() -> None:
    """Keep this task to one core: the bits must not depend on the worker's cores."""
    threadpool_limits(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
