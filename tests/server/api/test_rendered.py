"""Answers that are made once: packed, and named by a tag."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from neucobench.server.api.rendered import RenderedAnswers, answer, render

TEXT = '{"entries": ' + "1" * 3000 + "}"


@pytest.fixture
def client():
    kept = render(TEXT, kind="application/json")
    route = Route("/", lambda request: answer(request, kept))
    return TestClient(Starlette(routes=[route]))


def plain(client, **headers):
    return client.get("/", headers={"accept-encoding": "identity", **headers})


def test_a_text_is_made_once_for_each_key():
    answers, made = RenderedAnswers(), []
    for key in ("a", "a", "b"):
        answers.get(key, lambda key=key: made.append(key) or key)
    assert made == ["a", "b"]


def test_those_asked_for_last_are_kept():
    answers, made = RenderedAnswers(kept=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        answers.get(key, lambda key=key: made.append(key) or key)
    assert made == ["a", "b", "c", "b"]


def test_who_takes_gzip_gets_it(client):
    found = client.get("/", headers={"accept-encoding": "gzip"})
    assert found.headers["content-encoding"] == "gzip"
    assert int(found.headers["content-length"]) < len(TEXT)
    assert found.text == TEXT


@pytest.mark.parametrize("takes", ["identity", "gzip;q=0", "br"])
def test_who_does_not_take_gzip_gets_the_text(client, takes):
    found = client.get("/", headers={"accept-encoding": takes})
    assert "content-encoding" not in found.headers
    assert found.text == TEXT
    assert found.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
def test_who_knows_the_answer_is_told_so(client, form):
    tag = plain(client).headers["etag"]
    found = plain(client, **{"if-none-match": form.format(tag)})
    assert found.status_code == 304
    assert found.content == b""
    assert found.headers["etag"] == tag


def test_the_packed_answer_has_a_tag_of_its_own(client):
    packed = client.get("/", headers={"accept-encoding": "gzip"}).headers["etag"]
    assert packed != plain(client).headers["etag"]
    known = client.get("/", headers={"if-none-match": packed})
    assert known.status_code == 304


def test_another_tag_gets_the_whole_answer(client):
    found = plain(client, **{"if-none-match": '"something-else"'})
    assert found.status_code == 200


def test_the_same_text_is_packed_to_the_same_bytes():
    first, second = (render(TEXT, kind="text/plain") for _ in range(2))
    assert first == second
    assert gzip.decompress(first.packed).decode() == TEXT
