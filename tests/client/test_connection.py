import httpx2
import pytest

from neucobench.client.connection import Connection, Refused, Unreachable
from neucobench.errors import InputError


def _json(status, document, **headers):
    return lambda _: httpx2.Response(status, json=document, headers=headers)


def test_a_token_travels_in_the_header_and_nowhere_else(told):
    connection = told(_json(200, {}), token=" nb_secret\n")
    connection.get("phases", "a/b?c#d")
    request = told.requests[0]
    assert request.headers["authorization"] == "Bearer nb_secret"
    assert str(request.url) == (
        "https://challenge.example.org/api/v1/phases/a%2Fb%3Fc%23d"
    )


@pytest.mark.parametrize("token", ["", " ", "nb_ä", "nb a", "nb\r\nX-Evil: 1"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(told, token):
    with pytest.raises(InputError, match="Copy it again") as caught:
        told(_json(200, {}), token=token)
    assert not token.strip() or token not in str(caught.value)


def test_a_refusal_is_the_servers_own_sentence_with_its_findings(told):
    finding = {"code": "too-wide", "level": "error", "message": "Wide.", "task": None}
    document = {"error": "No.", "findings": [{**finding, "count": 2}]}
    with pytest.raises(Refused, match=r"^No\.$") as caught:
        told(_json(422, document)).get("health")
    assert caught.value.status == 422
    assert [item.code for item in caught.value.findings] == ["too-wide"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx2.Response(404, text="<h1>nginx</h1>"),
        lambda _: httpx2.Response(400, json=["error"]),
        lambda _: httpx2.Response(500, json={"error": {"a": 1}}),
        lambda _: httpx2.Response(301, headers={"location": "https://elsewhere"}),
        lambda _: httpx2.Response(200, text="<h1>Hello</h1>"),
        lambda _: httpx2.Response(200, content=b"\xff\xfe"),
    ],
)
def test_what_is_no_challenge_server_gets_a_sentence(told, answer):
    with pytest.raises(Unreachable, match="as no challenge server does"):
        told(answer).get("health")


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError]
)
def test_a_server_that_does_not_answer_gets_a_sentence(told, error):
    def fail(_):
        raise error("gone\x1b[2J")

    with pytest.raises(Unreachable, match="does not answer") as caught:
        told(fail).get("health")
    assert "\x1b" not in str(caught.value)


def test_a_token_is_not_sent_after_a_redirect(told):
    def answer(_):
        return httpx2.Response(307, headers={"location": "https://evil.example/x"})

    connection = told(answer, token="nb_secret")
    with pytest.raises(Unreachable):
        connection.get("submissions")
    assert [request.url.host for request in told.requests] == ["challenge.example.org"]


def test_a_token_over_plain_http_to_another_machine_is_noticed():
    assert Connection("http://a.example").open_to_listeners
    assert not Connection("https://a.example").open_to_listeners
    assert not Connection("http://127.0.0.1:8000").open_to_listeners


def test_a_file_is_sent_piece_by_piece_and_its_progress_told(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_bytes(b"x" * 300_000)
    pieces, seen = [], []

    class Transport(httpx2.BaseTransport):
        def handle_request(self, request):
            pieces.extend(len(piece) for piece in request.stream)
            return httpx2.Response(202, json={"id": "1", "status": "queued"})

    with Connection("https://a.example", transport=Transport()) as connection:
        connection.upload(
            "phases",
            "p",
            "submissions",
            file=file,
            fields={"method": "m"},
            advance=lambda done, total: seen.append((done, total)),
        )
    assert max(pieces) < 100_000
    assert sum(pieces) > 300_000
    assert seen[-1] == (300_000, 300_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("status", "sentence"), [(413, "no file of this size"), (502, "in a few minutes")]
)
def test_what_a_proxy_answers_gets_a_sentence_of_its_own(told, status, sentence):
    answer = httpx2.Response(status, text="<h1>nginx</h1>")
    with pytest.raises(Unreachable, match=sentence):
        told(lambda _: answer).get("health")
