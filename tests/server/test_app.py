"""What every answer of the application has in common, whichever route makes it."""

import logging
import sys

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from neucobench.errors import InputError, UnknownNameError
from neucobench.server.app import create_app
from neucobench.server.refusals import Busy, Conflict, Rejected, TooMany

ADDRESSES = [
    "/",
    "/nothing",
    "/api/v1/health",
    "/api/v1/nothing",
    "/api/v1/submissions",
    "/phases/blind",
    "/login",
]


@pytest.fixture
def failing(quick):
    """Return a client of an application with routes that raise what they are told."""
    raised = {}

    def fail():
        raise raised["error"]

    for path in ("/api/v1/fail", "/fail"):
        quick.app.add_api_route(path, fail)
    # Before the pages, whose last route may take any address.
    routes = quick.app.router.routes
    routes[:0] = [routes.pop(), routes.pop()]

    def ask(path, error):
        raised["error"] = error
        return quick.client().get(path)

    return ask


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_has_the_headers(quick, path):
    headers = quick.client().get(path, follow_redirects=False).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_head_is_get_without_a_body(quick, path):
    client = quick.client()
    got = client.get(path, follow_redirects=False)
    headed = client.head(path, follow_redirects=False)
    assert headed.status_code == got.status_code
    assert headed.content == b""


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_take_is_named_with_those_it_takes(
    quick, method
):
    found = quick.client("ada").request(method, f"/api/v1/submissions/{'0' * 32}")
    assert found.status_code == 405
    assert found.headers["allow"] == "DELETE, GET, HEAD"
    assert "DELETE, GET, HEAD" in found.json()["error"]


def test_an_address_that_is_none_is_a_sentence(quick):
    found = quick.client().get("/api/v1/nothing")
    assert found.status_code == 404
    assert set(found.json()) == {"error", "findings"}
    page = quick.client().get("/nothing")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


def test_a_slash_too_many_does_no_harm(quick):
    found = quick.client().get("/api/v1/health/")
    assert found.status_code == 200
    assert found.json()["status"] == "ok"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict("Closed."), 409),
        (Busy("Full."), 503),
        (InputError("Bad."), 400),
        (UnknownNameError("task", "x", ["y"]), 404),
        (Rejected("No."), 422),
    ],
)
def test_a_refusal_is_its_sentence_and_its_status(failing, error, status):
    found = failing("/api/v1/fail", error)
    assert found.status_code == status
    assert found.json() == {"error": str(error), "findings": []}
    page = failing("/fail", error)
    assert page.status_code == status
    assert "text/html" in page.headers["content-type"]


def test_who_comes_too_often_is_told_when_to_come_again(failing):
    found = failing("/api/v1/fail", TooMany("Later.", retry_after=42))
    assert found.status_code == 429
    assert found.headers["retry-after"] == "42"


@pytest.mark.parametrize("path", ["/api/v1/fail", "/fail"])
def test_a_failure_is_a_number_and_never_a_reason(failing, path, caplog):
    secret = "label 42 of /srv/challenges"
    with caplog.at_level(logging.ERROR):
        found = failing(path, RuntimeError(secret))
    assert found.status_code == 500
    for word in ("42", "/srv", "RuntimeError", "Traceback"):
        assert word not in found.text.partition("under")[0]
    assert secret not in found.text
    assert secret in caplog.text


def test_a_database_that_fails_says_nothing_of_what_it_was_asked(quick, caplog):
    with quick.context.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tokens")
    with caplog.at_level(logging.ERROR):
        found = quick.client("ada").get("/api/v1/submissions")
    assert found.status_code == 503
    assert "tokens" not in found.text
    assert quick.tokens["ada"] not in caplog.text
    assert "no such table: tokens" in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/fail", "/fail"])
def test_a_database_that_is_away_is_worth_another_try(failing, path):
    away = OperationalError("SELECT", {"name": "ada"}, Exception("starting up"))
    found = failing(path, away)
    assert found.status_code == 503
    assert int(found.headers["retry-after"]) > 0
    assert "Try again later" in found.text
    assert "SELECT" not in found.text


def test_no_token_stands_in_the_log(quick, caplog):
    with caplog.at_level(logging.DEBUG):
        client = quick.client("ada")
        client.get("/api/v1/submissions")
        client.get("/api/v1/health", params={"token": quick.tokens["ada"]})
        client.get("/nothing", params={"token": quick.tokens["ada"]})
        quick.client(authorization="Bearer nb_wrong").get("/api/v1/submissions")
    ours = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(record.getMessage() for record in ours)
    assert quick.tokens["ada"] not in text
    assert "nb_wrong" not in text


@pytest.mark.parametrize("path", ["/login", "/api/v1/submissions/x"])
def test_a_large_body_is_refused_everywhere(quick, path):
    found = quick.client("ada").post(path, content=b"x" * 300_000)
    assert found.status_code == 413


def test_nothing_is_loaded_from_elsewhere_by_a_page_of_the_api(quick):
    for path in ("/docs", "/redoc"):
        assert quick.client().get(path).status_code == 404


def test_https_is_demanded_where_the_settings_say_so(quick):
    assert "strict-transport-security" not in quick.client().get("/").headers


def test_an_application_without_a_dispatcher_needs_no_dask(sqlite_context):
    before = set(sys.modules)
    app = create_app(sqlite_context, dispatch=False)
    with TestClient(app) as client:
        assert client.get("/api/v1/health").status_code == 200
    assert "distributed" not in set(sys.modules) - before
