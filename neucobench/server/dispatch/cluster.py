"""The Dask cluster that scores: processes of this machine, or one that exists.

The local one listens on loopback and ends with the server, even when the server is
killed: each worker watches a pipe that the system closes.
"""

import logging
import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from neucobench.errors import MissingExtraError
from neucobench.server.dispatch.worker import Outcome, score
from neucobench.server.settings import Settings
from neucobench.server.submissions.work import Work

_ANSWER_SECONDS = 10
# A worker that died is started again in about a second; after this long it is not.
_DRY_SECONDS = 60
_PRELOAD = "neucobench.server.dispatch.worker"
_SCRATCH = "scratch"
# Dask serves HTTP whether it is wanted or not; without routes there is nothing to see.
_QUIET: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


class WorkerDiedError(RuntimeError):
    """The process that ran a job has died."""


class Cluster:
    """Run jobs on Dask.

    Args:
        client: connected to the scheduler; None where that failed.
        local: the local cluster, if it is ours.
        scratch: the folder of its workers.
    """

    def __init__(
        self, client: Any, local: Any | None = None, scratch: Path | None = None
    ) -> None:
        self._client = client
        self._local = local
        self._scratch = scratch
        self._seen = time.monotonic()

    def slots(self) -> int:
        """Return how many jobs can run at the same time, as of now.

        Raises:
            OSError: when the scheduler does not answer, or the local cluster has lost
                its workers for good.
        """
        if self._client.status != "running":
            raise OSError("the connection to the scheduler is lost")
        found: int = sum(self._client.nthreads().values())
        now = time.monotonic()
        self._seen = now if found else self._seen
        if self._local is not None and now - self._seen > _DRY_SECONDS:
            raise OSError("the local workers do not start again")
        return found

    def submit(self, work: Work, done: Callable[[], None]) -> Any:
        """Start a job and return its future.

        Args:
            work: the job.
            done: called, in another thread, when the future is done or lost.
        """
        # A key of its own: a job that is taken again is never answered from memory.
        key = f"score-{work.job_id}-{work.attempt}"
        future = self._client.submit(score, work, key=key, pure=False)
        future.add_done_callback(lambda _future: done())
        return future

    def stop(self, future: Any) -> None:
        """Make room where a job runs without end: a local worker is started anew."""
        with suppress(Exception):
            running = self._client.processing()
            future.cancel()
            # Nothing gentler ends a thread that does not return.
            for nanny in self._local.workers.values() if self._local else ():
                if future.key in running.get(nanny.worker_address, ()):
                    os.kill(nanny.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the local cluster, or leave the other one."""
        for part in (self._client, self._local):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=_ANSWER_SECONDS)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def require_dask() -> None:
    """Make sure that Dask is there, and what its workers are reached by.

    Raises:
        MissingExtraError: when a package is not installed.
    """
    for package in ("distributed", "cryptography"):
        if find_spec(package) is None:
            raise MissingExtraError(package, extra="server")


def open_cluster(settings: Settings) -> Cluster:
    """Return a cluster that takes jobs.

    Raises:
        OSError: when the scheduler that was named does not answer.
    """
    from distributed import Client

    scratch = None if settings.scheduler else settings.folder / _SCRATCH
    local = None if scratch is None else _start_local(settings, scratch)
    try:
        client = Client(  # type: ignore[no-untyped-call]
            local or settings.scheduler, timeout=_ANSWER_SECONDS, set_as_default=False
        )
    except BaseException:
        Cluster(None, local, scratch).close()
        raise
    return Cluster(client, local, scratch)


def outcome_of(future: Any) -> Outcome | None:
    """Return what came of a job whose future is done.

    Returns:
        None when the job was lost on the way and nobody is to blame.

    Raises:
        WorkerDiedError: when the worker died under it.
        Exception: when it cannot run on the cluster at all.
    """
    from distributed import KilledWorker

    if future.status == "error":
        error = future.exception(timeout=_ANSWER_SECONDS)
        if isinstance(error, KilledWorker):
            raise WorkerDiedError(str(error)) from error
        raise error
    try:
        found: Outcome = future.result(timeout=_ANSWER_SECONDS)
    except KilledWorker as error:
        raise WorkerDiedError(str(error)) from error
    # Canceled with its cluster, or its worker died before the result was fetched.
    except Exception:  # noqa: BLE001
        return None
    return found


def _start_local(settings: Settings, scratch: Path) -> Any:
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    # A server that was killed could not clear it.
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    with dask.config.set(_QUIET | {"temporary-directory": str(scratch)}):
        return LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=settings.workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            # Who reaches a scheduler can run anything: not every account of the machine
            # may, so both sides show a certificate that lives as long as the server.
            security=Security.temporary(),  # type: ignore[no-untyped-call]
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            local_directory=str(scratch),
            # How often a job may cost a worker its life is counted in the database.
            scheduler_kwargs={"allowed_failures": 0, "dashboard": False},
            silence_logs=logging.CRITICAL,
            preload=[_PRELOAD],
        )
