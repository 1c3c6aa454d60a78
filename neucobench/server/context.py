"""What every part of the server is given: settings, database, secret and clock."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from neucobench.errors import InputError
from neucobench.server.clock import Clock
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import upgrade
from neucobench.server.settings import (
    DATABASE_VARIABLE,
    Settings,
    database_url,
    scheduler_address,
    server_secret,
    sqlite_path,
)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Hold what the parts of one server share.

    Attributes:
        settings: what the server was told.
        database: the truth.
        secret: signs form tokens and draws code names.
    """

    settings: Settings
    database: Database
    secret: bytes = field(repr=False)

    @property
    def clock(self) -> Clock:
        """Return what tells the time."""
        return self.settings.clock


def open_context(settings: Settings) -> Context:
    """Return the context of a server's folder, whose tables are brought up to date.

    Raises:
        InputError: when the database cannot be opened, was made by a newer version,
            or lies elsewhere than in the folder and was not named.
    """
    _require_named(settings)
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (settings.uploads, settings.incoming, settings.challenges):
        folder.mkdir(mode=0o700, exist_ok=True)
    database = Database(settings.database)
    try:
        upgrade(database)
    except DatabaseError as error:
        raise unusable_database(error) from error
    return Context(
        settings=settings, database=database, secret=server_secret(settings.folder)
    )


def _require_named(settings: Settings) -> None:
    """Refuse to begin an empty database beside files that belong to another one."""
    folder, path = settings.folder, sqlite_path(settings.folder)
    if settings.database != f"sqlite:///{path}" or path.is_file():
        return
    if (folder / "secret").is_file():
        raise InputError(
            f"The folder {folder} is that of a server whose database is elsewhere. "
            f"Name it with --database, or in {DATABASE_VARIABLE}."
        )


def unusable_database(error: DatabaseError) -> InputError:
    """Return the sentence for a database that cannot be opened or written to."""
    reason = str(error.orig).partition("\n")[0]
    return InputError(
        f"The database cannot be used ({reason}). Check --database, and that the "
        "server's folder and what is in it can be written to."
    )


def open_folder(folder: Path, *, database: str | None = None) -> Context:
    """Return the context of a folder as the commands of ``admin`` open it."""
    return open_context(
        Settings(
            folder=folder,
            database=database_url(folder, database),
            scheduler=scheduler_address(),
        )
    )
