"""A server's context on both databases, with a clock that a test can move."""

import importlib.util
import shutil
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from neucobench.server.context import open_context
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import upgrade
from neucobench.server.settings import Settings
from neucobench.server.tables import Base

_COUNT = count()
_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _beside(name):
    """Return the module in this folder: tests are no package."""
    known = f"tests_server_{name}"
    if known not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(known, path)
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


class MovableClock:
    """Tell a time that moves only when it is told to."""

    def __init__(self):
        self.now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, **spans):
        self.now += timedelta(**spans)


@pytest.fixture
def clock():
    """Return a clock that stands at noon on 4 May 2026 until it is moved."""
    return MovableClock()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Return a challenge so small that a file is scored in a moment."""
    module = _beside("small_challenge")
    content = tmp_path / "content"
    module.write_content(content)
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    return module


@pytest.fixture(scope="session")
def postgres():
    """Return the URL of a PostgreSQL that this session has started, or skip."""
    module = _beside("postgres")
    programs = module.find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL (Debian's package postgresql) is not installed")
    with module.running_postgres(programs) as url:
        yield url


@contextmanager
def _postgres_database(postgres):
    """Yield the URL of a new, empty database."""
    name = f"test_{next(_COUNT)}"
    engine = create_engine(
        postgres.replace("postgresql", "postgresql+psycopg") + "/postgres",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield f"{postgres}/{name}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def _make_tables(url):
    """Make the tables in an empty database, once for many tests."""
    database = Database(url)
    upgrade(database)
    database.dispose()


@pytest.fixture
def postgres_url(postgres):
    """Return the URL of an empty PostgreSQL database."""
    with _postgres_database(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres):
    """Return the URL of the PostgreSQL database with tables that tests share."""
    with _postgres_database(postgres) as url:
        _make_tables(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory):
    """Return an SQLite file with tables, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "server.sqlite"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path, sqlite_tables):
    """Return the URL of an SQLite file with empty tables."""
    path = tmp_path / "server.sqlite"
    shutil.copyfile(sqlite_tables, path)
    return f"sqlite:///{path}"


@pytest.fixture
def tables_on_postgres(postgres_tables):
    """Return the URL of a PostgreSQL database with empty tables."""
    yield postgres_tables
    database = Database(postgres_tables)
    with database.engine.begin() as connection:
        # What a test has left open must not hold this one up.
        connection.execute(text(_END_OTHERS))
        names = ", ".join(Base.metadata.tables)
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """Return the URL of an empty database, of either kind."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'empty.sqlite'}"


@contextmanager
def _open(folder, url, clock):
    found = open_context(Settings(folder=folder, database=url, clock=clock))
    yield found
    found.database.dispose()


@pytest.fixture(
    params=[
        "sqlite_url",
        pytest.param("tables_on_postgres", marks=pytest.mark.postgres),
    ],
    ids=["sqlite", "postgres"],
)
def context(request, tmp_path, clock):
    """Return the context of an empty server, on both kinds of database in turn."""
    url = request.getfixturevalue(request.param)
    with _open(tmp_path / "server", url, clock) as found:
        yield found


@pytest.fixture
def sqlite_context(tmp_path, clock, sqlite_url):
    """Return the context of an empty server on SQLite, where the kind cannot matter."""
    with _open(tmp_path / "server", sqlite_url, clock) as found:
        yield found


@pytest.fixture(scope="session")
def quiz_labels(tmp_path_factory):
    """Return a folder of labels for the challenge of ``hosting.py``."""
    return _beside("hosting").make_labels(tmp_path_factory.mktemp("quiz"))


@pytest.fixture(scope="session")
def hosting():
    """Return the module ``hosting.py``."""
    return _beside("hosting")


@pytest.fixture
def make_context(tmp_path):
    """Return a function that makes a server's context on SQLite, and its clock."""
    made = []

    def make(name):
        clock = MovableClock()
        folder = tmp_path / name
        url = f"sqlite:///{folder / 'server.sqlite'}"
        made.append(open_context(Settings(folder=folder, database=url, clock=clock)))
        return made[-1], clock

    yield make
    for context in made:
        context.database.dispose()


@pytest.fixture
def hosted(sqlite_context, quiz_labels, tmp_path, monkeypatch):
    """Return a server with people and a challenge; see ``hosting.py``."""
    content = _beside("hosting").make_content(tmp_path / "content")
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    return _beside("hosting").hosted(sqlite_context, quiz_labels)


@pytest.fixture
def unchecked(monkeypatch):
    """Have no upload looked into, for tests that are about something else."""
    _beside("hosting").take_every_file(monkeypatch)


@pytest.fixture
def quick(hosted, unchecked):
    """Return the same server, that takes every file without a look into it."""
    return hosted


@pytest.fixture
def staging():
    """Return the module ``staging.py``, which writes cards with rules."""
    return _beside("staging")


@pytest.fixture
def stage(context, small, staging, tmp_path):
    """Return what makes a challenge with given rules; see ``staging.py``."""
    return lambda **rules: staging.Stage(context, small, tmp_path, rules)


@pytest.fixture
def sqlite_stage(sqlite_context, small, staging, tmp_path):
    """Return the same on SQLite, where the kind of database cannot matter."""
    return lambda **rules: staging.Stage(sqlite_context, small, tmp_path, rules)
