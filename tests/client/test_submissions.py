import httpx2
import pytest

from neucobench.client.connection import Refused, Unreachable
from neucobench.client.phases import asked_ids, challenge_phases, phase_rules
from neucobench.client.submissions import (
    Form,
    ask,
    follow,
    hand_in,
    own,
    take_back,
)
from neucobench.errors import InputError, UnknownNameError
from neucobench.server.dispatch.worker import score
from neucobench.server.submissions.queue import claim, finish


@pytest.fixture
def file(write_vectors):
    """Return a file that the challenge accepts."""
    return write_vectors()


def _score_next(context):
    """Score the first of the queue, and return its id."""
    work = claim(context)
    outcome = score(work)
    assert finish(context, work, outcome.evaluation)
    return work.submission_id


def test_a_file_is_handed_in_scored_and_shown(hosted, connect, file):
    ada = connect("ada")
    receipt = hand_in(ada, "open", file, Form(method="mine"))
    assert (receipt.status, receipt.position, receipt.ended) == ("queued", 1, False)
    assert _score_next(hosted.context) == receipt.id
    found = ask(ada, receipt.id)
    assert found.ended
    assert found.document["result"]["mean_q"] == found.document["mean_q"]
    assert len(found.document["result"]["tasks"]) == 14


def test_what_is_said_about_a_file_arrives(connect, file):
    form = Form(
        method="mine",
        public=False,
        transductive=True,
        card={"code": "https://example.org/code", "description": ""},
    )
    receipt = hand_in(connect("ada"), "coded", file, form)
    listed = own(connect("ben"))
    assert [(item["id"], item["public"]) for item in listed] == [(receipt.id, False)]
    assert own(connect("bob")) == []
    with pytest.raises(Refused) as caught:
        ask(connect("bob"), receipt.id)
    assert caught.value.status == 404


def test_a_host_enters_a_baseline(connect, file):
    form = Form(method="random", baseline=True)
    receipt = hand_in(connect("hana"), "open", file, form)
    assert ask(connect("hana"), receipt.id).document["baseline"]


def test_a_refused_file_comes_back_with_its_findings(connect, file):
    file.write_text("id,0\nsomething,1\n")
    with pytest.raises(Refused) as caught:
        hand_in(connect("ada"), "open", file, Form(method="mine"))
    assert caught.value.status == 422
    assert any(item.code == "missing-ids" for item in caught.value.findings)


def test_what_is_withdrawn_is_withdrawn(connect, file):
    receipt = hand_in(connect("ada"), "open", file, Form(method="mine"))
    assert take_back(connect("ada"), receipt.id).status == "withdrawn"
    assert ask(connect("ada"), receipt.id).status == "withdrawn"


def test_without_a_token_nothing_is_taken(connect, file):
    with pytest.raises(Refused) as caught:
        hand_in(connect(), "open", file, Form(method="mine"))
    assert caught.value.status == 401


def test_the_rules_of_the_real_server_are_understood(connect):
    rules = phase_rules(connect(), "coded")
    assert (rules.challenge, rules.phase, rules.settings.dims) == ("quiz", "coded", 16)
    assert rules.settings.reveals == "coded-tasks"
    assert [item.phase for item in challenge_phases(connect(), None)] == [
        "coded",
        "open",
    ]
    with pytest.raises(UnknownNameError, match="'quiz'"):
        challenge_phases(connect(), "quizz")


def test_ids_that_the_server_keeps_are_none(told):
    assert asked_ids(told(lambda _: httpx2.Response(404, text="no")), "test") is None
    told_no = told(lambda _: httpx2.Response(404, json={"error": "No."}))
    assert asked_ids(told_no, "test") is None


def test_several_challenges_are_named_when_none_was_chosen(told):
    listed = [{"challenge": name, "phases": []} for name in ("b", "a")]
    with pytest.raises(InputError, match=r"2 challenges \(a, b\)"):
        challenge_phases(told(lambda _: httpx2.Response(200, json=listed)), None)


def test_waiting_asks_until_the_end_with_growing_pauses(told):
    answers = [
        httpx2.Response(200, json={"id": "x", "status": "queued", "position": 2}),
        httpx2.Response(429, json={"error": "Later."}),
        *(
            httpx2.Response(200, json={"id": "x", "status": "running"})
            for _ in range(9)
        ),
        httpx2.Response(200, json={"id": "x", "status": "scored", "message": ""}),
    ]
    pauses, seen = [], []
    found = follow(
        told(lambda _: answers.pop(0)), "x", tell=seen.append, sleep=pauses.append
    )
    assert found.status == "scored"
    assert len(seen) == 11
    assert pauses[0] == 1.0
    assert max(pauses) == 15.0
    assert pauses == sorted(pauses)


def test_waiting_outlives_a_restart_of_the_server(told):
    answers = [
        httpx2.Response(502, text="nginx"),
        httpx2.Response(503, json={"error": "Busy."}),
        httpx2.Response(200, json={"id": "x", "status": "scored"}),
    ]
    found = follow(
        told(lambda _: answers.pop(0)), "x", tell=lambda _: None, sleep=lambda _: None
    )
    assert found.ended


def test_waiting_ends_when_the_server_stays_away(told):
    def fail(_):
        raise httpx2.ConnectError("gone")

    with pytest.raises(Unreachable):
        follow(told(fail), "x", tell=lambda _: None, sleep=lambda _: None)
    assert len(told.requests) == 21


def test_waiting_ends_at_once_for_an_id_that_is_not_there(told):
    answer = httpx2.Response(404, json={"error": "No."})
    with pytest.raises(Refused):
        follow(told(lambda _: answer), "x", tell=lambda _: None, sleep=lambda _: None)
    assert len(told.requests) == 1


@pytest.mark.parametrize(
    "answer", [[], {}, {"id": "x"}, {"id": "x", "status": "s", "position": "y"}, "no"]
)
def test_an_answer_of_another_version_gets_a_sentence(told, answer):
    with pytest.raises(InputError, match="another version"):
        ask(told(lambda _: httpx2.Response(200, json=answer)), "x")
