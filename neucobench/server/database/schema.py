"""Bring a database to the present schema, with the migrations beside this file."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from neucobench.errors import InputError
from neucobench.server.database.engine import Database

_SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(database: Database, revision: str = "head") -> None:
    """Create the tables, or bring those of an older version up to date.

    Args:
        database: which database.
        revision: the version to reach.

    Raises:
        InputError: when the database was made by a newer version.
    """
    if current_revision(database) == (
        head_revision() if revision == "head" else revision
    ):
        return
    config = _config()
    try:
        with database.engine.connect() as connection, _tables_replaced(connection):
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.commit()
    except CommandError as error:
        raise InputError(
            "The database was made by a newer version of NeuCo-Bench: it is at "
            f"{current_revision(database)!r}, this version knows {head_revision()!r}. "
            "Install the newer version."
        ) from error


def current_revision(database: Database) -> str | None:
    """Return the version of the tables; None for an empty database."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@lru_cache
def head_revision() -> str | None:
    """Return the newest version that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows_revision(revision: str) -> bool:
    """Tell whether a version of the tables is one that this program can make."""
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


@contextmanager
def _tables_replaced(connection: Connection) -> Iterator[None]:
    """Let SQLite replace a table that others point to, which is how it changes one."""
    raw = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    # Within a transaction these would do nothing.
    raw.cursor().execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        raw.cursor().execute("PRAGMA foreign_keys=ON")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
