"""One job that a worker has, until how it ended is stored."""

from collections.abc import Callable
from functools import partial
from typing import Any

from neucobench.server.context import Context
from neucobench.server.database.engine import PASSING
from neucobench.server.dispatch.cluster import WorkerDiedError, outcome_of
from neucobench.server.dispatch.worker import HOSTS_FAULT
from neucobench.server.submissions.endings import crashed, fail, finish, release
from neucobench.server.submissions.work import Work

TOO_LONG = (
    "The scoring took longer than the server allows; hand in fewer dimensions, or ask "
    "the host. It used no quota."
)


class Run:
    """Hold one job that was given to a worker.

    Args:
        context: the server's.
        work: the job.
        until: when it has to end, on the monotonic clock.
    """

    def __init__(self, context: Context, work: Work, *, until: float) -> None:
        self.work = work
        self.future: Any | None = None
        self._context = context
        self._until = until
        self._end: Callable[[], bool] | None = None
        self._scores = False

    def ended(self) -> bool:
        """Return whether it has ended, so that it can be stored how."""
        if self._end is None and self.future is not None and self.future.done():
            self._end = self._ending()
        return self._end is not None

    def expire(self, now: float) -> bool:
        """Return whether it has run for too long, which ends it."""
        if self.ended() or now < self._until:
            return False
        self._end = self._failure(TOO_LONG, "It ran longer than a job may.")
        return True

    def lose(self) -> None:
        """Take it back from the worker, unless it has ended."""
        if not self.ended():
            self._end = partial(release, self._context, self.work)

    def store(self) -> bool:
        """Store how it ended and return whether there is a new score.

        Raises:
            OperationalError: and the others of ``PASSING``; the next try may succeed.
        """
        assert self._end is not None
        try:
            counted = self._end()
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - no database takes this result
            reason = f"The score cannot be stored: {type(error).__name__}."
            self._failure(HOSTS_FAULT, reason)()
            return False
        return counted and self._scores

    def _ending(self) -> Callable[[], bool]:
        try:
            outcome = outcome_of(self.future)
        except WorkerDiedError:
            return partial(crashed, self._context, self.work)
        except Exception as error:  # noqa: BLE001 - hosts see it
            reason = f"{type(error).__name__}: {error}"
            return self._failure(HOSTS_FAULT, reason)
        if outcome is None:
            return partial(release, self._context, self.work)
        if outcome.evaluation is None:
            return self._failure(outcome.message, outcome.host_message)
        self._scores = True
        return partial(finish, self._context, self.work, outcome.evaluation)

    def _failure(self, message: str, host_message: str) -> Callable[[], bool]:
        return partial(
            fail,
            self._context,
            self.work,
            message=message,
            host_message=host_message,
        )


def plainly(error: Exception) -> str:
    """Return what a database said, without the values it was given."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
