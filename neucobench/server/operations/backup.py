"""Write everything that a server keeps into one file, while it runs.

The rows are read in one transaction, so that they are those of one moment. Uploads and
labels do not change once they are there, and are read afterwards.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from neucobench import __version__
from neucobench.atomic import remove_leftovers, whole_file
from neucobench.errors import InputError
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import current_revision
from neucobench.server.operations.archive import Archive
from neucobench.server.operations.manifest import Manifest
from neucobench.server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class BackupReport:
    """Say what a backup holds.

    Attributes:
        file: where it is.
        bytes: its size.
        manifest: what it says about itself.
        problems: a sentence for every upload that is not as it was handed in.
    """

    file: Path
    bytes: int
    manifest: Manifest
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object, without the list of members."""
        facts = self.manifest.as_dict()
        return {
            "file": str(self.file),
            "bytes": self.bytes,
            **{key: value for key, value in facts.items() if key != "members"},
            "members": len(self.manifest.members),
            "problems": list(self.problems),
        }


def back_up(settings: Settings, file: Path, *, overwrite: bool = False) -> BackupReport:
    """Write a backup of a server, which may be running, and return what it holds.

    The tables stay at the version they have. The file can be read by its owner only:
    labels, secrets and password hashes are in it.

    Args:
        settings: of the server.
        file: where to write; it appears whole.
        overwrite: replace a file that exists.

    Raises:
        InputError: when there is no server in the folder, or the file exists.
    """
    if file.exists() and not overwrite:
        raise InputError(
            f"{file} exists already; name another file, or replace it with --overwrite."
        )
    _require_server(settings)
    database = Database(settings.database)
    try:
        revision = current_revision(database)
        if revision is None:
            raise InputError(_no_server(settings))
        file.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(file.parent)
        with whole_file(file) as hidden, _private(hidden) as content:
            archive = Archive(content, scratch=file.parent)
            with _snapshot(database) as connection:
                uploads = archive.add_tables(connection)
            archive.add_folder(settings)
            problems = archive.add_uploads(settings, uploads)
            manifest = Manifest(
                created=settings.clock(),
                neucobench=__version__,
                revision=revision,
                database=database.engine.dialect.name,
                tables=archive.tables,
                members=archive.members,
            )
            archive.close(manifest)
    finally:
        database.dispose()
    size = file.stat().st_size
    return BackupReport(file=file, bytes=size, manifest=manifest, problems=problems)


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """Yield a connection that sees the rows of one moment only."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # The default level would see what others commit between two tables.
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file that nobody else can open, from its first byte on."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w+b") as content:
        yield content


def _require_server(settings: Settings) -> None:
    url = make_url(settings.database)
    # Opening a SQLite database that is not there would make it.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise InputError(_no_server(settings))


def _no_server(settings: Settings) -> str:
    return (
        f"There is no server in {settings.folder}: its database is not there, or "
        "empty. Name the server's folder with --dir, and its --database where it is "
        "another one."
    )
