"""Bodies of requests that are no upload: small, and in time."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neucobench.server.api.bodies import SmallBodies


async def refuse(scope, status, sentence):
    return PlainTextResponse(sentence, status_code=status)


async def size(request):
    return PlainTextResponse(str(len(await request.body())))


def app_with(**limits):
    routes = [
        Route("/form", size, methods=["POST", "GET"]),
        Route("/phases/x/submissions", size, methods=["POST"]),
    ]
    return Starlette(
        routes=routes, middleware=[Middleware(SmallBodies, refuse=refuse, **limits)]
    )


@pytest.fixture
def client():
    return TestClient(app_with(limit=1000))


def test_a_small_body_passes_as_it_is(client):
    assert client.post("/form", content=b"x" * 1000).text == "1000"


def test_a_large_body_is_refused_with_the_limit(client):
    found = client.post("/form", content=b"x" * 1001)
    assert found.status_code == 413
    assert "1,000 bytes" in found.text


def test_a_large_body_without_a_stated_length_is_refused(client):
    found = client.post("/form", content=(b"x" * 600 for _ in range(2)))
    assert found.status_code == 413


def test_a_request_without_a_body_is_not_waited_for(client):
    assert client.get("/form").text == "0"


def test_the_form_of_an_upload_is_left_to_its_route(client):
    files = {"file": ("a.csv", b"x" * 5000)}
    assert int(client.post("/phases/x/submissions", files=files).text) > 5000


def test_a_large_body_that_only_claims_to_be_for_that_route_is_refused(client):
    found = client.post(
        "/phases/x/submissions", content=b"x" * 5000, headers={"content-type": "a/b"}
    )
    assert found.status_code == 413


def test_a_slow_body_is_refused():
    async def receive():
        await asyncio.sleep(60)

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/form",
        "headers": [(b"content-length", b"5")],
    }
    app = SmallBodies(app_with(), refuse=refuse, seconds=0.05)
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 408
