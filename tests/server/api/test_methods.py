"""HEAD, and addresses with a slash too many."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neucobench.server.api.methods import PlainAddresses


@pytest.fixture
def client():
    def seen(request):
        return PlainTextResponse(request.method + request.url.path)

    routes = [
        Route("/", seen),
        Route("/a/b", seen, methods=["GET", "POST"]),
        Route("/evil.example", seen),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(PlainAddresses)])
    app.router.redirect_slashes = False
    return TestClient(app)


def test_head_is_answered_as_get_without_a_body(client):
    got, headed = client.get("/a/b"), client.head("/a/b")
    assert headed.status_code == 200
    assert headed.headers == got.headers
    assert headed.content == b""


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_slash_too_many_leads_to_the_address(client, method):
    found = client.request(method, "/a/b/?x=1", follow_redirects=False)
    assert found.status_code == 308
    assert found.headers["location"] == "../b?x=1"
    assert client.request(method, "/a/b/").text == method + "/a/b"


def test_the_first_page_keeps_its_slash(client):
    assert client.get("/").text == "GET/"


def test_no_address_leads_to_another_host(client):
    found = client.get("http://testserver//evil.example/", follow_redirects=False)
    assert found.headers["location"] == "../evil.example"
    assert client.get("http://testserver//evil.example/").url.host == "testserver"
