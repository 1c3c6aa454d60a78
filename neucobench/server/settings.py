"""What a server is told when it starts, and where it keeps its things.

::

    DIR/
    ├── neucobench.sqlite      the database (unless PostgreSQL is named)
    ├── secret                 what form tokens are signed with
    ├── server.lock            held while a server runs
    ├── uploads/ab/abcd….csv   files, stored once by digest
    ├── incoming/              uploads that are not complete
    └── challenges/<name>/     labels and id lists, per phase; for workers only

Environment variables: ``NEUCOBENCH_DATABASE``, ``NEUCOBENCH_SCHEDULER``.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from neucobench.atomic import whole_file
from neucobench.server.clock import Clock, utc_now

DATABASE_VARIABLE = "NEUCOBENCH_DATABASE"
SCHEDULER_VARIABLE = "NEUCOBENCH_SCHEDULER"
MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold the settings of one server.

    Attributes:
        folder: where everything is kept.
        database: a database URL.
        scheduler: the address of a Dask scheduler; None starts a local cluster.
        workers: processes of the local cluster.
        host: the address to listen on.
        port: the port to listen on.
        url: the address that participants use, for links; None is the one above.
        secure: whether participants come by HTTPS; cookies are then sent by no other
            way.
        proxies: addresses of reverse proxies whose word about the visitor's address is
            taken.
        max_upload_bytes: the most that any phase accepts.
        uploads_at_once: uploads that are received at the same time.
        upload_seconds: how long one upload may take.
        logins_per_quarter_hour: failed logins per account and per address.
        uploads_per_hour: uploads per team, refused ones included.
        password_passes: how often hashing a password goes over its memory.
        password_kibibytes: the memory that hashing a password takes.
        registration: whether visitors may make accounts; else by invitation only.
        clock: tells the time.
    """

    folder: Path
    database: str = field(repr=False)
    scheduler: str | None = None
    workers: int = 2
    host: str = "127.0.0.1"
    port: int = 8000
    url: str | None = None
    secure: bool = False
    proxies: tuple[str, ...] = ()
    max_upload_bytes: int = 512 * MEBIBYTE
    uploads_at_once: int = 64
    upload_seconds: float = 1800.0
    logins_per_quarter_hour: int = 10
    uploads_per_hour: int = 60
    password_passes: int = 3  # these two as RFC 9106 has them
    password_kibibytes: int = 65536
    registration: bool = True
    clock: Clock = field(default=utc_now)

    @property
    def address(self) -> str:
        """Return the address in links, without a slash at its end."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def uploads(self) -> Path:
        """Return the folder of stored files."""
        return self.folder / "uploads"

    def upload(self, digest: str, ending: str) -> Path:
        """Return where the file with a digest lies."""
        return self.uploads / digest[:2] / f"{digest}{ending}"

    @property
    def incoming(self) -> Path:
        """Return the folder of uploads that are not complete."""
        return self.folder / "incoming"

    @property
    def challenges(self) -> Path:
        """Return the folder of labels and id lists."""
        return self.folder / "challenges"


def database_url(folder: Path, given: str | None = None) -> str:
    """Return the database: as given, from the environment, or SQLite in the folder."""
    named = given or os.environ.get(DATABASE_VARIABLE)
    return named or f"sqlite:///{sqlite_path(folder)}"


def sqlite_path(folder: Path) -> Path:
    """Return where a server keeps its database unless one is named."""
    return folder.resolve() / "neucobench.sqlite"


def scheduler_address(given: str | None = None) -> str | None:
    """Return the Dask scheduler: as given, from the environment, or none."""
    return given or os.environ.get(SCHEDULER_VARIABLE) or None


def server_secret(folder: Path) -> bytes:
    """Return the secret that signs form tokens; it is made on first use."""
    path = folder / "secret"
    if not path.is_file():
        with whole_file(path) as hidden:
            hidden.touch(mode=0o600)
            hidden.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    return bytes.fromhex(path.read_text(encoding="ascii"))
