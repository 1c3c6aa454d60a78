"""Make a server again from a backup, in an empty folder and an empty database.

::

    backup.tar ──▶ every digest is compared ──▶ tables of the backup's version
                                                     │ rows
                                                     ▼
                        folder ◀── files     tables of the present version
"""

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, inspect
from sqlalchemy.engine import make_url

from neucobench.atomic import hidden_path, remove_leftovers
from neucobench.errors import InputError
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import (
    current_revision,
    head_revision,
    knows_revision,
    upgrade,
)
from neucobench.server.operations.manifest import TABLES, Manifest, read_manifest
from neucobench.server.operations.members import verify_members
from neucobench.server.operations.rows import stored_tables, write_rows
from neucobench.server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class RestoreReport:
    """Say what was restored.

    Attributes:
        folder: where.
        manifest: what the backup says about itself.
        revision: the version of the tables now.
    """

    folder: Path
    manifest: Manifest
    revision: str

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {
            "folder": str(self.folder),
            "created": self.manifest.as_dict()["created"],
            "neucobench": self.manifest.neucobench,
            "revision_of_backup": self.manifest.revision,
            "revision": self.revision,
            "tables": dict(self.manifest.tables),
        }


def restore(file: Path, settings: Settings) -> RestoreReport:
    """Restore a backup and bring it to the present version; return what it was.

    Nothing is written before every digest has been compared. Where it fails later,
    folder and database are left empty.

    Args:
        file: a backup.
        settings: of the server to be: an empty folder, an empty database.

    Raises:
        InputError: when the file is no backup, is damaged or of a newer version, or
            the folder or the database is not empty.
    """
    _require_empty_folder(settings)
    with _opened(file) as archive:
        manifest = read_manifest(archive, source=str(file))
        _require_known(manifest, file)
        members = verify_members(archive, manifest, source=str(file))
        _make_folders(settings)
        staged = hidden_path(settings.folder / "restore")
        staged.mkdir(mode=0o700)
        try:
            archive.extractall(staged, members=members, filter="data")
            for path in staged.rglob("*"):
                path.chmod(0o700 if path.is_dir() else 0o600)
            revision = _fill(settings.database, manifest, staged)
            shutil.rmtree(staged / TABLES)
            _move(staged, settings)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return RestoreReport(folder=settings.folder, manifest=manifest, revision=revision)


def _fill(url: str, manifest: Manifest, staged: Path) -> str:
    """Write all rows into an empty database; leave it empty where that fails."""
    database = Database(url)
    try:
        _require_empty_database(database)
        try:
            upgrade(database, manifest.revision)
            _write_tables(database, manifest, staged)
            upgrade(database)
        except BaseException:
            _make_empty(database)
            raise
        return current_revision(database) or ""
    finally:
        database.dispose()


def _write_tables(database: Database, manifest: Manifest, staged: Path) -> None:
    with database.engine.begin() as connection:
        for table in stored_tables(connection):
            if table.name not in manifest.tables:
                raise InputError(
                    f"The backup lacks the table {table.name!r}, which its version has;"
                    " it was changed. Take another one."
                )
            path = staged / TABLES / f"{table.name}.jsonl"
            # Not splitlines: a text may hold other signs that end a line.
            with path.open(encoding="utf-8", newline="\n") as lines:
                count = write_rows(connection, table, lines)
            if count != manifest.tables[table.name]:
                raise InputError(
                    f"The table {table.name!r} of the backup has {count:,} rows, and "
                    f"should have {manifest.tables[table.name]:,}; take another one."
                )


def _make_empty(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        database.dispose()
        for ending in ("", "-wal", "-shm"):
            Path(f"{database.engine.url.database}{ending}").unlink(missing_ok=True)
        return
    with database.engine.begin() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        metadata.drop_all(connection)


def _move(staged: Path, settings: Settings) -> None:
    """Move the files to their places; the folders of a server are there afterwards."""
    for path in sorted(staged.iterdir()):
        path.rename(settings.folder / path.name)
    for folder in (settings.uploads, settings.incoming, settings.challenges):
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    if not file.is_file():
        raise InputError(
            f"{file} is no file that exists; name a backup that 'neucobench admin "
            "backup' wrote."
        )
    try:
        # Without compression, so that no small file becomes a huge one.
        with tarfile.open(file, "r:") as archive:
            yield archive
    except tarfile.TarError as error:
        raise InputError(
            f"{file} is not a readable tar file ({error}); name a backup that "
            "'neucobench admin backup' wrote."
        ) from error


def _require_known(manifest: Manifest, file: Path) -> None:
    if not knows_revision(manifest.revision):
        raise InputError(
            f"{file} was made by NeuCo-Bench {manifest.neucobench}, whose tables are "
            f"at {manifest.revision!r}; this version knows {head_revision()!r} and "
            "older. Install the newer version."
        )


def _require_empty_folder(settings: Settings) -> None:
    remove_leftovers(settings.folder)
    if settings.folder.exists() and any(settings.folder.iterdir()):
        raise InputError(
            f"The folder {settings.folder} is not empty; a backup is restored into an "
            "empty one. Name another one with --dir."
        )


def _make_folders(settings: Settings) -> None:
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database is not None:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _require_empty_database(database: Database) -> None:
    tables = inspect(database.engine).get_table_names()
    if tables:
        raise InputError(
            f"The database has {len(tables)} tables already, {tables[0]!r} among them; "
            "a backup is restored into an empty one. Make a new database and name it "
            "with --database."
        )
