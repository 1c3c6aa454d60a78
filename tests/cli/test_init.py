import json
from functools import partial

import httpx2
import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.init import init
from neucobench.client import connection as connections
from neucobench.errors import UnknownNameError, UsageError

PHASE = {
    "schema": "neucobench/rules/1",
    "challenge": "water",
    "title": "Water",
    "description": "Lakes.",
    "suite": "full",
    "protocol": "neuco-1.1",
    "rule": "weighted",
}
SETTINGS = {"opens": "2026-05-01T00:00:00Z", "closes": "2099-05-31T23:59:59Z"}


def _answer(request):
    path = request.url.path.removeprefix("/api/v1")
    if path == "/challenges":
        phases = [{"phase": "dev"}, {"phase": "test"}]
        return httpx2.Response(200, json=[{"challenge": "water", "phases": phases}])
    if path in ("/phases/dev", "/phases/test"):
        name = path.rpartition("/")[2]
        settings = {**SETTINGS, "name": name}
        return httpx2.Response(200, json={**PHASE, "phase": name, "settings": settings})
    return httpx2.Response(404, json={"error": "There is nothing at this address."})


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return a function that runs ``init ARGUMENTS`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    reach = partial(connections.Connection, transport=httpx2.MockTransport(_answer))
    monkeypatch.setattr(connections, "Connection", reach)
    app = typer.Typer()
    app.command()(init)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_init_writes_a_folder_with_the_challenges_name(run, tmp_path):
    done = run("https://a.example/challenges/water", "--phase", "test")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "water" / "rules.json").is_file()
    assert "water is ready for the phase 'test' (also there: dev)" in done.stderr
    assert done.stdout == ""


def test_init_json_is_one_document(run):
    found = json.loads(run("https://a.example", "kit", "--json").stdout)
    assert found["phases"] == ["dev", "test"]
    assert found["rules"]["server"] == "https://a.example"


def test_the_address_of_a_phase_will_do(run):
    found = json.loads(run("https://a.example/phases/test/rules", "--json").stdout)
    assert found["phase"] == "test"


def test_init_refuses_what_is_not_there(run, tmp_path):
    done = run("https://a.example/challenges/watre")
    assert isinstance(done.exception, UnknownNameError)
    assert isinstance(run("a.example").exception, UsageError)
    assert list(tmp_path.iterdir()) == []
