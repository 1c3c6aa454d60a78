import json
from functools import partial

import httpx2
import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.submit import submit
from neucobench.client import connection as connections
from neucobench.client import submissions
from neucobench.errors import EmbeddingError, InputError, UsageError

URL = "https://challenge.example.org"
RULES = {
    "schema": "neucobench/rules/1",
    "challenge": "water",
    "title": "Water",
    "phase": "test",
    "suite": "full",
    "protocol": "neuco-1.1",
    "rule": "weighted",
    "settings": {
        "name": "test",
        "opens": "2026-05-01T00:00:00Z",
        "closes": "2026-05-31T23:59:59Z",
        "dims": 3,
        "max_upload_bytes": 100_000,
        "private_submissions": False,
    },
}
SCORED = {
    "id": "abc",
    "status": "scored",
    "position": None,
    "message": "",
    "result": {"mean_q": 12.345, "tasks": {"task-01\x1b[2J": {"q": 1.5}}},
}


class FakeServer:
    """Answer as a server does, and remember what was asked."""

    def __init__(self):
        self.requests = []
        self.unknown = False
        self.rules = json.loads(json.dumps(RULES))
        self.states = [{"id": "abc", "status": "running"}, SCORED]

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        if self.unknown:
            refusal = {"error": "There is no phase 'test' here.", "findings": []}
            return httpx2.Response(404, json=refusal)
        path = request.url.path.removeprefix("/api/v1")
        if path.endswith("/choice"):
            return httpx2.Response(200, json={"id": "abc", "status": "scored"})
        if request.method == "POST":
            return httpx2.Response(
                202, json={"id": "abc", "status": "queued", "position": 2}
            )
        if request.method == "DELETE":
            return httpx2.Response(200, json={"id": "abc", "status": "withdrawn"})
        if path == "/submissions":
            listed = [{**SCORED, "method": "[red]m", "public": True, "mean_q": 1.0}]
            return httpx2.Response(200, json=listed)
        if path.startswith("/submissions/"):
            return httpx2.Response(200, json=self.states.pop(0))
        return httpx2.Response(200, json=self.rules)

    @property
    def sent(self):
        return [request for request in self.requests if request.method == "POST"]


@pytest.fixture
def server(monkeypatch):
    """Return a server that stands in for the network."""
    fake = FakeServer()
    reach = partial(connections.Connection, transport=httpx2.MockTransport(fake))
    monkeypatch.setattr(connections, "Connection", reach)
    monkeypatch.setattr(submissions.follow, "__kwdefaults__", {"sleep": lambda _: None})
    return fake


@pytest.fixture
def run(server):
    """Return a function that runs ``submit ARGUMENTS`` against the server."""
    app = typer.Typer()
    app.command()(submit)

    def run(*arguments, token="nb_secret"):
        words = [*map(str, arguments), "--url", URL]
        return CliRunner().invoke(app, words, env={"NEUCOBENCH_TOKEN": token})

    return run


@pytest.fixture
def file(tmp_path):
    """Return an embedding file of four cubes."""
    path = tmp_path / "mine.csv"
    path.write_text("id,0,1,2\na,1,2,3\nb,4,5,7\nc,1,0,2\nd,9,8,1\n")
    return path


def _to(method="mine"):
    return ("--phase", "test", "--method", method)


def test_submit_sends_the_file_and_prints_id_and_position(run, file, server):
    done = run(file, *_to())
    assert done.exit_code == 0, done.output
    assert done.stdout == "abc\n"
    assert "abc: queued, position 2." in done.stderr
    body = server.sent[0].content
    assert b'name="method"\r\n\r\nmine' in body
    assert b'name="public"\r\n\r\ntrue' in body
    assert file.read_bytes() in body
    assert server.sent[0].headers["authorization"] == "Bearer nb_secret"


def test_submit_wait_prints_what_the_phase_reveals(run, file):
    done = run(file, *_to(), "--wait")
    assert done.exit_code == 0, done.output
    assert "12.345" in done.stdout
    assert r"task-01\x1b[2J" in done.stdout
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [
        " queued, position 2.",
        " running.",
        " scored.",
    ]


def test_submit_takes_the_phase_from_the_address_of_its_page(server, file):
    app = typer.Typer()
    app.command()(submit)
    words = [str(file), "--url", f"{URL}/phases/test", "--method", "mine"]
    done = CliRunner().invoke(app, words, env={"NEUCOBENCH_TOKEN": "nb_x"})
    assert done.exit_code == 0, done.output
    assert server.sent[0].url.path == "/api/v1/phases/test/submissions"


def test_submit_without_a_token_sends_nothing(run, file, server):
    done = run(file, *_to(), token=None)
    assert isinstance(done.exception, InputError)
    assert "NEUCOBENCH_TOKEN" in str(done.exception)
    assert server.requests == []


def test_submit_to_an_unknown_phase_is_a_wrong_command_line(run, file, server):
    server.unknown = True
    done = run(file, *_to())
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "There is no phase 'test' here."


def test_submit_json_says_why_a_question_is_refused(run, server):
    server.unknown = True
    done = run("--status", "abc", "--json")
    assert isinstance(done.exception, InputError)
    assert json.loads(done.stdout) == {
        "error": "There is no phase 'test' here.",
        "findings": [],
    }


def test_submit_json_is_one_document(run, file):
    done = run(file, *_to(), "--wait", "--json")
    assert json.loads(done.stdout)["result"]["mean_q"] == 12.345


def test_submit_exits_with_1_when_the_run_fails(run, file, server):
    server.states = [{"id": "abc", "status": "failed", "message": "It diverged."}]
    done = run(file, *_to(), "--wait")
    assert done.exit_code == 1
    assert "It diverged." in done.stderr


def test_a_file_that_the_phase_would_refuse_is_not_sent(run, file, server):
    file.write_text("id,0,1,2,3\na,1,2,3,4\nb,4,5,7,4\n")
    done = run(file, *_to(), "--json")
    assert isinstance(done.exception, InputError)
    assert server.sent == []
    document = json.loads(done.stdout)
    assert "too-wide" in [item["code"] for item in document["findings"]]
    assert "at most 3 are taken" in done.stderr


def test_a_file_that_cannot_be_read_is_not_sent(run, file, server):
    file.write_text("id,0\na,1\na,2\n")
    done = run(file, *_to(), "--json")
    assert isinstance(done.exception, EmbeddingError)
    assert json.loads(done.stdout)["findings"][0]["code"] == "unreadable"
    assert server.sent == []


def test_missing_cubes_are_found_before_the_upload(run, file, server, tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("a\nb\nc\nd\ne\n")
    done = run(file, *_to(), "--ids", ids)
    assert isinstance(done.exception, InputError)
    assert "1 of 5 cubes have no embedding" in done.stderr
    assert server.sent == []


def test_a_private_submission_is_refused_where_the_phase_has_none(run, file, server):
    done = run(file, *_to(), "--private")
    assert isinstance(done.exception, UsageError)
    server.rules["settings"]["private_submissions"] = True
    assert run(file, *_to(), "--private").exit_code == 0
    assert b'name="public"\r\n\r\nfalse' in server.sent[0].content


def test_choose_asks_the_server(run, server):
    done = run("--choose", "abc", "--json")
    assert json.loads(done.stdout)["id"] == "abc"
    assert server.requests[-1].url.path.endswith("/submissions/abc/choice")


def test_status_list_and_withdraw_ask_the_server(run, server):
    server.states = [SCORED]
    assert "12.345" in run("--status", "abc").stdout
    listed = run("--list").stdout
    assert "[red]m" in listed
    done = run("--withdraw", "abc", "--json")
    assert json.loads(done.stdout)["status"] == "withdrawn"
    assert server.requests[-1].method == "DELETE"


@pytest.mark.parametrize(
    "arguments",
    [(), ("mine.csv", "--list"), ("--list", "--status", "x"), ("mine.csv",)],
)
def test_a_wrong_command_line_is_refused(run, file, arguments, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert isinstance(run(*arguments).exception, UsageError)


@pytest.mark.parametrize("name", ["", "  ", "\udcff"])
def test_a_method_needs_a_name(run, file, name, server):
    assert isinstance(run(file, *_to(name)).exception, UsageError)
    assert server.sent == []


def test_the_token_is_never_printed(run, file):
    done = run(file, *_to(), "--wait")
    assert "nb_secret" not in done.stdout + done.stderr


def test_a_token_over_plain_http_is_warned_about(server, file):
    app = typer.Typer()
    app.command()(submit)
    words = [str(file), *_to(), "--url", "http://a.example", "--token", "nb_x"]
    done = CliRunner().invoke(app, words)
    assert "can read the token" in done.stderr


def test_submit_list_keeps_each_submission_on_one_line(run):
    done = run("--list")
    head, line = done.stdout.splitlines()
    assert head.split() == [
        *("id", "phase", "status", "public", "created", "mean", "Q", "method")
    ]
    assert line.startswith("abc")
    assert line.endswith("[red]m")
