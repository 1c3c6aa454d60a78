import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import text

from neucobench.server.context import open_context
from neucobench.server.dispatch.lock import ServerLock
from neucobench.server.refusals import Conflict


@pytest.fixture
def lock(context):
    """Return a lock that is held."""
    found = ServerLock(context, patience=0.3)
    found.take()
    yield found
    found.release()


def test_a_second_server_on_a_folder_is_refused(context, lock):
    with pytest.raises(Conflict, match="Another NeuCo-Bench server holds the folder"):
        ServerLock(context).take()


def test_a_second_server_on_a_database_is_refused(context, lock, tmp_path):
    other = open_context(replace(context.settings, folder=tmp_path / "other"))
    with pytest.raises(Conflict, match="one server at a time may score"):
        ServerLock(other, patience=0.3).take()
    other.database.dispose()


def test_what_was_refused_holds_nothing(context, lock, tmp_path):
    other = open_context(replace(context.settings, folder=tmp_path / "other"))
    refused = ServerLock(other, patience=0.3)
    with pytest.raises(Conflict):
        refused.take()
    lock.release()
    refused.take()
    refused.release()
    other.database.dispose()


def test_a_lock_that_was_let_go_is_free(context, lock):
    lock.release()
    after = ServerLock(context)
    after.take()
    after.release()


def test_the_lock_dies_with_its_process(sqlite_context):
    path = sqlite_context.settings.folder / "server.lock"
    code = (
        "import fcntl, os, sys, time\n"
        f"handle = os.open({str(path)!r}, os.O_RDWR | os.O_CREAT, 0o600)\n"
        "fcntl.flock(handle, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Conflict):
            ServerLock(sqlite_context).take()
        child.kill()
    after = ServerLock(sqlite_context)
    after.take()
    after.release()


def test_a_child_does_not_keep_the_lock(sqlite_context):
    lock = ServerLock(sqlite_context)
    lock.take()
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        lock.release()
        after = ServerLock(sqlite_context)
        after.take()
        after.release()
        child.kill()


@pytest.mark.postgres
def test_a_database_that_starts_again_is_taken_again(postgres_url, tmp_path, clock):
    from neucobench.server.settings import Settings

    settings = Settings(folder=tmp_path / "one", database=postgres_url, clock=clock)
    one = open_context(settings)
    lock = ServerLock(one, patience=0.3)
    lock.take()
    with one.database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory'"
            )
        )
    lock.renew()
    two = open_context(replace(settings, folder=tmp_path / "two"))
    with pytest.raises(Conflict, match="holds the database"):
        ServerLock(two, patience=0.3).take()
    lock.release()
    one.database.dispose()
    two.database.dispose()


def test_the_lock_s_file_is_for_the_host_alone(context, lock):
    path = context.settings.folder / "server.lock"
    assert path.stat().st_mode & 0o777 == 0o600
