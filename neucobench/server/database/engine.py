"""Engines and transactions, the same for SQLite and PostgreSQL.

A transaction that writes says so: SQLite then takes its lock at the beginning, so that
what a transaction has read stays true until it has written. PostgreSQL does that per
row, with ``SELECT ... FOR UPDATE`` on the team or the job in question.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from neucobench.errors import InputError, MissingExtraError, UsageError

# The disk is full, the database is locked or starts again: it passes.
PASSING = (OperationalError, InterfaceError, PoolTimeoutError)

_BUSY_SECONDS = 30


class Database:
    """Open transactions on one database.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/name``.
    """

    def __init__(self, url: str) -> None:
        self.url = _known_url(url)
        self.engine = _make_engine(self.url)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only reads; what it loaded stays usable afterwards."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session in a transaction that is committed when the block ends."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"writes": True})
            yield session

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _known_url(url: str) -> str:
    backend, name = "", None
    with suppress(ArgumentError):
        backend, name = make_url(url).get_backend_name(), make_url(url).database
    # In memory, each connection would have a database of its own.
    if backend == "sqlite" and name not in (None, "", ":memory:"):
        return url
    if backend in ("postgresql", "postgres"):
        return "postgresql+psycopg://" + url.partition("://")[2]
    shown = url if backend == "sqlite" else url.partition("://")[0]
    raise UsageError(
        f"{shown!r} is no database that the server can use; give "
        "sqlite:///PATH or postgresql://USER@HOST/NAME."
    )


def _make_engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,  # scores and digests must not stand in logs
            # One for every thread that serves: who waits to write keeps nobody from
            # reading.
            poolclass=QueuePool,
            pool_size=10,
            max_overflow=50,
            connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
        )
        event.listen(engine, "do_connect", _make_private)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", _refuse_unkept)
        return engine
    try:
        engine = create_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtraError("psycopg", extra="postgres") from error
    event.listen(engine, "handle_error", _refuse_unkept)
    return engine


def _refuse_unkept(context: ExceptionContext) -> None:
    """Say that a value is none that this database keeps; a visitor has sent it.

    PostgreSQL keeps no text with a null character, and neither keeps a huge number.
    """
    if isinstance(context.sqlalchemy_exception, DataError) or isinstance(
        context.original_exception, OverflowError
    ):
        raise InputError(
            "A text or a number in the request is one that the database cannot keep, "
            "such as a text with a null character. Type it again without."
        ) from None


def _make_private(_dialect: Any, _record: Any, place: Any, _options: Any) -> None:
    """Make a new file that nobody else can read; hashes and hidden scores are in it.

    The files that SQLite puts beside it take its mode.
    """
    path = Path(place[0] if place else "")
    if path.is_absolute() and not path.exists():
        # What is in the way, SQLite says itself.
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # We begin transactions ourselves, below.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # A commit that was answered must outlive a power cut.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
