"""A real server for the client, in this process; and one that answers as told."""

from datetime import UTC, datetime
from types import SimpleNamespace

import httpx2
import pytest

from neucobench.client.connection import Connection
from neucobench.data.sample import make_sample_world

SERVER = "https://challenge.example.org"
RULES = {
    "phase": "test",
    "name": "test",
    "state": "open",
    "schema": "neucobench/rules/1",
    "server": "https://elsewhere.example.org",
    "challenge": "water",
    "title": "Water",
    "description": "How well embeddings describe water.",
    "suite": "full",
    "protocol": "neuco-1.1",
    "rule": "weighted",
    "baselines": ["random"],
    "baselines_count": False,
    "settings": {
        "name": "test",
        "opens": "2026-05-01T00:00:00Z",
        "closes": "2099-05-31T23:59:59Z",
        "quota_total": 3,
        "dims": 8,
        "max_upload_bytes": 4000,
        "reveals": "mean-q",
        "from_a_newer_version": 1,
    },
    "now": "2026-05-04T12:00:00Z",
    "quota": None,
}


CARD = """
name = "quiz"
title = "A quiz"
description = "Two phases."
suite = "full"
protocol = "neuco-1.1"
rule = "weighted"
"""
PHASE = """
[[phases]]
name = "{name}"
opens = 2026-05-01T00:00:00Z
closes = 2026-05-31T23:59:59Z
reveals = "{reveals}"
private_submissions = true
dims = 16
max_upload_bytes = 100_000
"""
PEOPLE = {
    "hana": ("host", None),
    "ada": ("participant", "lovelace"),
    "ben": ("participant", "lovelace"),
    "bob": ("participant", "boole"),
}


def _card():
    phases = {"coded": "coded-tasks", "open": "everything"}
    parts = [PHASE.format(name=n, reveals=reveals) for n, reveals in phases.items()]
    return CARD + "".join(parts)


@pytest.fixture
def rules_document():
    """Return what a server says about the phase ``test``."""
    return {**RULES, "settings": dict(RULES["settings"])}


@pytest.fixture
def told():
    """Return a function that opens a connection to a server with given answers.

    It takes a function from a request to an answer, and yields the requests, too.
    """
    opened = []

    def connect(answer, **options):
        def handle(request):
            request.read()
            connect.requests.append(request)
            return answer(request)

        transport = httpx2.MockTransport(handle)
        connection = Connection(SERVER, transport=transport, **options)
        opened.append(connection.__enter__())
        return connection

    connect.requests = []
    yield connect
    for connection in opened:
        connection.__exit__()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Return the folder of a sample world of eighty small cubes."""
    folder = tmp_path_factory.mktemp("world")
    make_sample_world(folder, cubes=80, size=16)
    return folder


@pytest.fixture
def hosted(tmp_path, monkeypatch, world):
    """Return a real server with people and a challenge of two phases."""
    from neucobench.server.accounts.people import add_user
    from neucobench.server.accounts.tokens import issue_token
    from neucobench.server.app import create_app
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.create import create_challenge
    from neucobench.server.context import open_context
    from neucobench.server.settings import Settings

    boards = tmp_path / "content" / "leaderboard" / "boards"
    boards.mkdir(parents=True)
    (boards / "quiz.toml").write_text(_card())
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path / "content"))
    context = open_context(
        Settings(
            folder=tmp_path / "server",
            database=f"sqlite:///{tmp_path / 'server.sqlite'}",
            clock=lambda: datetime(2026, 5, 4, 12, 0, tzinfo=UTC),
        )
    )
    create_challenge(context, "quiz", labels=world / "labels", actor=COMMAND_LINE)
    tokens = {}
    for name, (role, team) in PEOPLE.items():
        add_user(context, name, team=team, role=role, actor=COMMAND_LINE)
        tokens[name] = issue_token(context, name)
    app = create_app(context, dispatch=False)
    yield SimpleNamespace(context=context, app=app, tokens=tokens)
    context.database.dispose()


@pytest.fixture
def connect(hosted):
    """Return a function that opens a connection to the real server."""
    from starlette.testclient import TestClient

    opened = []

    def connect(name=None):
        token = None if name is None else hosted.tokens[name]
        transport = TestClient(hosted.app, raise_server_exceptions=False)._transport
        connection = Connection("http://testserver", token=token, transport=transport)
        opened.append(connection.__enter__())
        return connection

    yield connect
    for connection in opened:
        connection.__exit__()


@pytest.fixture
def write_vectors(world, tmp_path):
    """Return a function that writes an embedding file of the sample world's cubes."""

    def write(name="mine.csv", dims=4):
        ids = sorted(
            path.name.removesuffix(".zarr.zip")
            for path in (world / "data" / "s1").rglob("*.zarr.zip")
        )
        rows = [",".join(["id", *map(str, range(dims))])]
        for row, id_ in enumerate(ids):
            cells = [str((row * 7 + 3 * column) % 11) for column in range(dims)]
            rows.append(",".join([id_, *cells]))
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n")
        return path

    return write
