"""The headers that every answer carries."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neucobench.server.api.headers import SecurityHeaders


def client(*, secure=False, headers=None):
    def home(request):
        return PlainTextResponse("home", headers=headers)

    return TestClient(
        Starlette(
            routes=[Route("/", home)],
            middleware=[Middleware(SecurityHeaders, secure=secure)],
        )
    )


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_every_answer_says_what_a_page_may_load(path):
    headers = client().get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_an_answer_is_kept_by_nobody_unless_it_says_so():
    assert client().get("/").headers["cache-control"] == "no-store"
    found = client(headers={"cache-control": "max-age=60"}).get("/")
    assert found.headers["cache-control"] == "max-age=60"


def test_a_stricter_header_of_a_page_stands():
    found = client(headers={"referrer-policy": "no-referrer"}).get("/")
    assert found.headers["referrer-policy"] == "no-referrer"


def test_https_is_demanded_only_where_visitors_come_by_it():
    assert "strict-transport-security" not in client().get("/").headers
    secure = client(secure=True).get("/").headers
    assert secure["strict-transport-security"] == "max-age=31536000"
