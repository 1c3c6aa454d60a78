"""One server for each folder and each database, held for as long as it lives.

A second server would queue again what the first one is scoring. The system lets go of
the locks when the process ends, however it ends.
"""

import fcntl
import os
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from neucobench.server.context import Context
from neucobench.server.refusals import Conflict

FILE_NAME = "server.lock"
# "neucoben" in ASCII: any number will do that no other program on the database takes.
_ADVISORY_KEY = 0x6E6575636F62656E
# A server that was just killed may hold on until PostgreSQL notices.
_PATIENCE_SECONDS = 10.0


class ServerLock:
    """Hold a server's folder and database.

    Args:
        context: the server's.
        patience: seconds to wait for a server that is ending.
    """

    def __init__(
        self, context: Context, *, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self._context = context
        self._patience = patience
        self._held = ExitStack()
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take both.

        Raises:
            Conflict: when another server holds one of them.
        """
        try:
            for path in self._paths():
                self._take_file(path)
            if self._context.database.engine.dialect.name == "postgresql":
                self._take_database()
        except BaseException:
            self.release()
            raise

    def renew(self) -> None:
        """Take the database again if its connection was lost, as when it restarts.

        Raises:
            Conflict: when another server has taken it meanwhile.
        """
        if self._connection is None:
            return
        try:
            # Who holds it may take it again; it is let go of with the connection.
            held = _try_advisory(self._connection)
        except DBAPIError:
            self._connection.invalidate()
            self._take_database()
            return
        if not held:
            raise _second("the database")

    def release(self) -> None:
        """Let go of both."""
        self._held.close()
        self._connection = None

    def _paths(self) -> list[Path]:
        folder = self._context.settings.folder
        url = make_url(self._context.database.url)
        paths = [folder / FILE_NAME]
        if url.get_backend_name() == "sqlite" and url.database:
            file = Path(url.database).resolve()
            if file.parent != folder.resolve():
                paths.append(file.with_name(f"{file.name}.{FILE_NAME}"))
        return paths

    def _take_file(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _second(f"the folder {path.parent}") from error

    def _take_database(self) -> None:
        engine = self._context.database.engine
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Back in the pool it would keep the lock: the connection itself is closed.
        self._held.callback(connection.close)
        self._held.callback(connection.invalidate)
        self._connection = connection
        deadline = time.monotonic() + self._patience
        while not _try_advisory(connection):
            if time.monotonic() > deadline:
                raise _second("the database")
            time.sleep(0.2)


def _try_advisory(connection: Connection) -> bool:
    query = text("SELECT pg_try_advisory_lock(:key)")
    return bool(connection.execute(query, {"key": _ADVISORY_KEY}).scalar())


def _second(held: str) -> Conflict:
    return Conflict(
        f"Another NeuCo-Bench server holds {held}; one server at a time may score. "
        "Stop the other one first, or start this one on another folder and database."
    )
