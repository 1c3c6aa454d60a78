"""What a server says when it begins, and the challenge that a new one begins with."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neucobench.server.accounts.addresses import link
from neucobench.server.accounts.invitations import first_admin
from neucobench.server.context import Context
from neucobench.server.dispatch.dispatcher import Dispatcher
from neucobench.studies.first_challenge import is_wanted, make_first_challenge
from neucobench.studies.stage import Advance

_LOG = logging.getLogger(__name__)
_STOPPING_SECONDS = 30


class _StoppedError(Exception):
    """The server ends before its first challenge is made."""


class FirstStart:
    """Make the first challenge beside the running server.

    Args:
        context: the server's.
        dispatcher: is woken for the baselines.
        say: prints a line for the host.
        tell: is given the addresses as a document, for ``--json``.
    """

    def __init__(
        self,
        context: Context,
        dispatcher: Dispatcher,
        *,
        say: Callable[[str], None],
        tell: Callable[[dict[str, str | None]], None] | None = None,
    ) -> None:
        self._context = context
        self._dispatcher = dispatcher
        self._say = say
        self._tell = tell
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def announce(self) -> None:
        """Say where the server is, and to a server without admins how to be one."""
        address = self._context.settings.address
        self._say(f"The server is at {address}/ (Ctrl-C stops it).")
        secret = first_admin(self._context)
        admin = None if secret is None else link(address, secret)
        if admin is not None:
            self._say(
                f"Become its admin, once: {admin}\n"
                "The link holds a secret; a new start prints another one while there "
                "is no admin."
            )
        if self._tell is not None:
            self._tell({"address": address, "admin_link": admin})

    def start(self) -> None:
        """Begin to make the challenge, where one is wanted."""
        if is_wanted(self._context):
            self._say("Making a first challenge on synthetic cubes.")
            self._thread = threading.Thread(target=self._make, name="first-start")
            self._thread.start()

    def stop(self) -> None:
        """End what is under way; the next start takes it up again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOPPING_SECONDS)

    def _make(self) -> None:
        try:
            phase = make_first_challenge(self._context, stage=self._stage)
        except _StoppedError:
            return
        except Exception:  # noqa: BLE001 - the server goes on
            _LOG.exception("The first challenge could not be made")
            self._say(
                "The first challenge could not be made; the server runs without it. "
                "Start it again to try again, or with --empty."
            )
            return
        self._dispatcher.wake()
        address = self._context.settings.address
        self._say(f"The challenge is open: {address}/phases/{phase.key}")

    @contextmanager
    def _stage(self, _description: str, _unit: str) -> Iterator[Advance]:
        def go_on(_done: int, _total: int) -> None:
            if self._stopping.is_set():
                raise _StoppedError

        go_on(0, 0)
        yield go_on
