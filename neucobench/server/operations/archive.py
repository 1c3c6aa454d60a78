"""Write the tar file of a backup, member by member."""

import hashlib
import io
import os
import tarfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import Connection, select

from neucobench.atomic import HIDDEN_PREFIX
from neucobench.server.operations.manifest import (
    MEMBER,
    SECRET,
    TABLES,
    Manifest,
    MemberFacts,
)
from neucobench.server.operations.rows import read_rows, stored_tables
from neucobench.server.settings import Settings


class Archive:
    """Write the members of a backup and keep their digests.

    Args:
        content: the new file.
        scratch: a folder with room for the rows of one table.
    """

    def __init__(self, content: IO[bytes], *, scratch: Path) -> None:
        self._scratch = scratch
        self._tar = tarfile.open(  # noqa: SIM115 - closed by close
            fileobj=content, mode="w", format=tarfile.PAX_FORMAT
        )
        self.tables: dict[str, int] = {}
        self.members: dict[str, MemberFacts] = {}

    def add_tables(self, connection: Connection) -> list[tuple[str, str]]:
        """Add all rows; return digest and ending of every upload among them."""
        uploads: list[tuple[str, str]] = []
        for table in stored_tables(connection):
            with TemporaryFile(dir=self._scratch) as lines:
                self.tables[table.name] = 0
                for line in read_rows(connection, table):
                    lines.write(line.encode())
                    self.tables[table.name] += 1
                self.add(f"{TABLES}{table.name}.jsonl", lines)
            if table.name == "files":
                columns = table.columns
                query = select(columns["digest"], columns["ending"])
                uploads = [(row[0], row[1]) for row in connection.execute(query)]
        return sorted(uploads)

    def add_folder(self, settings: Settings) -> None:
        """Add the secret, labels and id lists."""
        secret = settings.folder / SECRET
        files = [secret] if secret.is_file() else []
        for path in [*files, *sorted(settings.challenges.rglob("*"))]:
            name = path.relative_to(settings.folder).as_posix()
            # What another program is still writing is hidden.
            if path.is_file() and HIDDEN_PREFIX not in name:
                with path.open("rb") as content:
                    self.add(name, content)

    def add_uploads(
        self, settings: Settings, uploads: list[tuple[str, str]]
    ) -> tuple[str, ...]:
        """Add the uploads; return a sentence for each that is not as it was."""
        problems = []
        for digest, ending in uploads:
            path = settings.upload(digest, ending)
            try:
                with path.open("rb") as content:
                    name = path.relative_to(settings.folder).as_posix()
                    found = self.add(name, content)
            except FileNotFoundError:
                problems.append(f"The upload {path} is missing.")
                continue
            if found.sha256 != digest:
                problems.append(f"The upload {path} is not the file that its name is.")
        return tuple(problems)

    def add(self, name: str, content: IO[bytes]) -> MemberFacts:
        """Add a member of the size that its file has now; return its facts."""
        member = tarfile.TarInfo(name)
        member.size = content.seek(0, os.SEEK_END)
        member.mode = 0o600
        content.seek(0)
        digested = _Digested(content)
        self._tar.addfile(member, digested)
        facts = MemberFacts(bytes=member.size, sha256=digested.sha256.hexdigest())
        self.members[name] = facts
        return facts

    def close(self, manifest: Manifest) -> None:
        """Add the manifest and end the file."""
        self.add(MEMBER, io.BytesIO(manifest.as_text().encode()))
        self._tar.close()


class _Digested:
    """Read a file and take its digest on the way."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        piece = self._content.read(size)
        self.sha256.update(piece)
        return piece
