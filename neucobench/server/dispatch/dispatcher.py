"""The dispatcher: a thread between the queue in the database and the workers.

::

    database ──claim──> dispatcher ──submit──> Dask worker
        ^                   │ ^                     │
        └─finish, fail ─────┘ └──── outcome ────────┘

The thread holds nothing that cannot be lost: when it dies, with the server or without,
the next one finds the jobs it had taken still running, and queues them again.
"""

import logging
import threading
import time
from collections.abc import Callable

from neucobench.server.boards.history import record_change
from neucobench.server.context import Context
from neucobench.server.database.engine import PASSING
from neucobench.server.dispatch.cluster import Cluster, open_cluster, require_dask
from neucobench.server.dispatch.lock import ServerLock
from neucobench.server.dispatch.run import Run, plainly
from neucobench.server.submissions.queue import claim, recover
from neucobench.server.submissions.work import Work

log = logging.getLogger(__name__)

After = Callable[[Work], None]

LIMIT_SECONDS = 3600.0
_POLL_SECONDS = 0.5
_RETRY_SECONDS = 2.0
_STOPPING_SECONDS = 60


class Dispatcher:
    """Have the jobs of one server scored.

    Args:
        context: the server's.
        after: called after each new score; None adds to the history of the board.
            What it raises is logged and forgotten.
        limit_seconds: how long one job may run.
    """

    def __init__(
        self,
        context: Context,
        *,
        after: After | None = None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._context = context
        self._after = after or self._record
        self._limit = limit_seconds
        self._lock = ServerLock(context)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._runs: list[Run] = []

    def start(self) -> None:
        """Take up what an earlier server left, and go on; twice is the same as once.

        Raises:
            Conflict: when another server works on the folder or the database.
            MissingExtraError: when Dask is not installed.
        """
        if self._thread is not None:
            return
        require_dask()
        self._lock.take()
        try:
            count = recover(self._context)
        except BaseException:
            self._lock.release()
            raise
        if count:
            log.warning("%d jobs of an earlier server are queued again.", count)
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._work, name="dispatcher", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Queue again what runs, end the workers, and let another server start."""
        if self._thread is None:
            return
        self._stopping.set()
        self.wake()
        self._thread.join(_STOPPING_SECONDS)
        self._thread = None
        self._lock.release()

    def wake(self) -> None:
        """Look at the queue now: there is something new in it."""
        self._woken.set()

    def _work(self) -> None:
        cluster: Cluster | None = None
        trouble = False
        while not self._stopping.is_set():
            # Cleared before the round: what comes during it is seen in the next one.
            self._woken.clear()
            try:
                if trouble:
                    self._lock.renew()
                cluster = cluster or open_cluster(self._context.settings)
                self._round(cluster)
                trouble = False
            except PASSING as error:
                trouble = True
                log.error("The database is tried again: %s", plainly(error))
            except Exception as error:  # noqa: BLE001 - Dask's, or the system's
                trouble = True
                log.error("The workers are looked for again: %s", plainly(error))
                self._leave(cluster)
                cluster = None
            if trouble:
                self._stopping.wait(_RETRY_SECONDS)
            else:
                self._woken.wait(_POLL_SECONDS)
        self._leave(cluster)

    def _round(self, cluster: Cluster) -> None:
        """Store what is done, end what takes too long, start what can be started."""
        for run in list(self._runs):
            if run.expire(time.monotonic()):
                cluster.stop(run.future)
            self._settle(run)
        for _ in range(cluster.slots() - len(self._runs)):
            work = claim(self._context)
            if work is None:
                break
            run = Run(self._context, work, until=time.monotonic() + self._limit)
            self._runs.append(run)
            run.future = cluster.submit(work, self.wake)

    def _settle(self, run: Run) -> None:
        """Store how a job ended, if it has, and say so."""
        if not run.ended():
            return
        scored = False
        try:
            scored = run.store()
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - the next start takes it up again
            log.error("Job %d cannot be ended: %s", run.work.job_id, plainly(error))
        self._runs.remove(run)
        if scored:
            self._tell(run.work)

    def _tell(self, work: Work) -> None:
        try:
            self._after(work)
        except Exception as error:  # noqa: BLE001 - the score itself is stored
            log.error("The history of a board is behind: %s", type(error).__name__)

    def _record(self, work: Work) -> None:
        record_change(self._context, work.submission_id)

    def _leave(self, cluster: Cluster | None) -> None:
        """Queue again what the cluster has not finished, and leave it."""
        for run in list(self._runs):
            run.lose()
            try:
                self._settle(run)
            except PASSING as error:
                log.error("A job is not yet queued again: %s", plainly(error))
        if cluster is not None:
            cluster.close()
