"""Tables, transactions and migrations, on both databases."""

import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from neucobench.errors import UsageError
from neucobench.server.clock import utc_now
from neucobench.server.context import open_context
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import (
    current_revision,
    head_revision,
    upgrade,
)
from neucobench.server.settings import Settings
from neucobench.server.tables import Base, Team, User


def test_the_migrations_make_the_tables_of_the_models(context):
    with context.database.engine.connect() as connection:
        migration = MigrationContext.configure(connection)
        assert compare_metadata(migration, Base.metadata) == []


def test_a_new_database_is_at_the_newest_revision(context):
    assert current_revision(context.database) == head_revision()


def test_upgrading_twice_changes_nothing(context):
    upgrade(context.database)
    assert current_revision(context.database) == head_revision()


def test_an_older_database_is_brought_up_to_date(url):
    database = Database(url)
    upgrade(database, "0001")
    assert current_revision(database) == "0001"
    upgrade(database)
    assert current_revision(database) == head_revision()
    database.dispose()


def test_a_moment_keeps_its_time_zone(context, clock):
    with context.database.write() as session:
        session.add(Team(name="A", created=clock()))
    with context.database.read() as session:
        assert session.get(Team, 1).created == clock()


def test_a_moment_without_a_time_zone_is_refused(context):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with (
        pytest.raises(StatementError, match="no time zone"),
        context.database.write() as session,
    ):
        session.add(Team(name="A", created=naive))


def test_a_transaction_that_fails_leaves_nothing(context, clock):
    def add_twice():
        with context.database.write() as session:
            session.add(Team(name="A", created=clock()))
            session.flush()
            session.add(Team(name="A", created=clock()))

    with pytest.raises(IntegrityError):
        add_twice()
    with context.database.read() as session:
        assert session.get(Team, 1) is None


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_a_database_of_another_kind_or_in_memory_is_refused(url):
    with pytest.raises(UsageError, match="sqlite:///PATH or postgresql://"):
        Database(url)


def test_many_who_wait_to_write_keep_nobody_from_reading(sqlite_context):
    database = sqlite_context.database

    def write():
        with database.write() as session:
            session.add(Team(name=str(threading.get_ident()), created=utc_now()))

    with ThreadPoolExecutor(40) as pool:
        with database.write():
            tasks = [pool.submit(write) for _ in range(40)]
            while database.engine.pool.checkedout() <= len(tasks):
                time.sleep(0.01)
            with database.read() as session:
                assert session.scalar(select(func.count(Team.id))) == 0
        assert [task.exception() for task in tasks] == [None] * len(tasks)


def test_a_folder_that_others_may_open_keeps_its_files_to_itself(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir(mode=0o755)
    url = f"sqlite:///{folder / 'neucobench.sqlite'}"
    context = open_context(Settings(folder=folder, database=url))
    with context.database.write() as session:
        session.execute(select(func.count(User.id)))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077
                 for path in folder.iterdir()}  # fmt: skip
    context.database.dispose()
    assert {"neucobench.sqlite", "secret"} <= modes.keys()
    assert set(modes.values()) == {0}


def test_what_a_database_was_asked_stands_in_no_error(context):
    with (
        pytest.raises(Exception, match="hidden") as failure,
        context.database.read() as s,
    ):
        s.execute(text("SELECT nothing FROM nowhere WHERE x = :x"), {"x": "a secret"})
    assert "a secret" not in str(failure.value)
