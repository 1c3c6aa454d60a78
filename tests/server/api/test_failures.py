"""What nobody expected: logged, and not shown."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neucobench.server.api.failures import Failures


async def refuse(scope, status, sentence):
    return PlainTextResponse(sentence, status_code=status)


def fail(request):
    raise RuntimeError("the label of synthetic-0001 is 42")


@pytest.fixture
def client():
    routes = [Route("/join/{secret}", fail)]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(Failures, refuse=refuse)])
    )


def test_a_failure_is_a_sentence_with_a_number_and_nothing_else(client):
    found = client.get("/join/hush")
    assert found.status_code == 500
    assert "label" not in found.text
    assert "Traceback" not in found.text
    assert "RuntimeError" not in found.text


def test_the_log_has_the_number_and_the_reason(client, caplog):
    with caplog.at_level(logging.ERROR):
        found = client.get("/join/hush")
    number = found.text.partition("under ")[2].partition(";")[0]
    assert len(number) == 12
    assert number in caplog.text
    assert "RuntimeError" in caplog.text


def test_the_log_has_no_address(client, caplog):
    with caplog.at_level(logging.ERROR):
        client.get("/join/hush?token=nb_secret")
    assert "hush" not in caplog.text
    assert "nb_secret" not in caplog.text
