"""A PostgreSQL for the tests: from the system's packages, on loopback, thrown away."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")


def find_postgres() -> Path | None:
    """Return the folder of the programs ``initdb`` and ``postgres``, or None."""
    newest = sorted(_DEBIAN.glob("*/bin/initdb"), reverse=True)
    named = shutil.which("initdb")
    found = newest[0] if newest else Path(named).resolve() if named else None
    return found.parent if found else None


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Yield the URL of a fresh server, without a database's name at its end."""
    # PostgreSQL does not run as root; Debian's package brings an account for it.
    account = "postgres" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="neucobench-postgres-"))
    if account:
        user = pwd.getpwnam(account)
        os.chown(home, user.pw_uid, user.pw_gid)
    port = _free_port()
    data = home / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "neucobench", "-A", "trust", "-N"],
        check=True, stdout=subprocess.DEVNULL, user=account, cwd=home,
    )  # fmt: skip
    control = [programs / "pg_ctl", "-D", data, "-w"]
    # Nothing here outlives the session, so nothing has to reach the disk.
    fast = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    options = f"-h 127.0.0.1 -p {port} -k {home} -c max_connections=200 {fast}"
    subprocess.run(
        [*control, "-o", options, "-l", home / "log", "start"],
        check=True, stdout=subprocess.DEVNULL, user=account, cwd=home,
    )  # fmt: skip
    try:
        yield f"postgresql://neucobench@127.0.0.1:{port}"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"],
            check=False, stdout=subprocess.DEVNULL, user=account, cwd=home,
        )  # fmt: skip
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
