"""The start page, a challenge, the rules of a phase, history, health."""

import pytest
from starlette.testclient import TestClient

from neucobench.server.app import create_app
from neucobench.server.boards.history import record_standing
from neucobench.server.challenges.desk import announce, archive
from neucobench.server.challenges.phases import phase_of


def test_the_start_page_lists_phases_with_dates_in_utc(hosted, browser):
    page = browser().page("/")
    assert "A quiz" in page.text
    assert "until 31 May 2026, 23:59:59 UTC" in page.text
    assert page.of("time", datetime="2026-05-31T23:59:59Z")
    assert page.of("a", href="/phases/blind/submit")


def test_a_server_without_challenges_says_how_to_make_one(sqlite_context):
    client = TestClient(create_app(sqlite_context, dispatch=False))
    assert "neucobench admin challenge create" in client.get("/").text


def test_a_challenge_shows_announcements_and_the_servers_clock(hosted, browser):
    announce(hosted.context, "quiz", "Line <one>\nline two", actor="hana")
    page = browser().page("/challenges/quiz")
    assert "Line <one> line two" in page.text
    assert "2026-05-04 12:00:00 UTC" in page.text


def test_an_unknown_challenge_is_not_there(hosted, browser):
    assert browser().get("/challenges/nope").status_code == 404


@pytest.mark.parametrize(
    ("phase", "sentence"),
    [
        ("blind", "Nothing is shown about single tasks."),
        ("coded", "under code names, rounded"),
        ("open", "All scores of all tasks."),
    ],
)
def test_the_rules_are_said_in_words(hosted, browser, phase, sentence):
    text = browser().page(f"/phases/{phase}/rules").text
    assert sentence in text
    assert "best public submission counts" in text
    assert "1000 a day (UTC) and 5000 in all" in text


def test_the_rules_state_the_smaller_limit_of_server_and_phase(hosted, browser):
    assert "at most 100,000 bytes" in browser().page("/phases/open/rules").text


def test_an_archived_challenge_can_be_read(scored, browser):
    archive(scored.context, "quiz", actor="hana")
    assert "The challenge is archived" in browser().page("/phases/open").text
    assert "archived" in browser().page("/").text


def test_the_history_replays_the_states(quick, browser):
    for name, q in (("ada", 10.0), ("bob", 20.0)):
        quick.hand_in(name, "open", method=name)
        quick.score([q + place for place in range(14)])
        record_standing(quick.context, phase_of(quick.context, "open"))
    last = browser().page("/phases/open/history")
    assert "State 2 of 2" in last.text
    assert "↓ 1" in last.text
    assert len(last.of("path", **{"class": "c0"})) == 1
    first = browser().page("/phases/open/history?state=1")
    assert "State 1 of 2" in first.text
    assert "bob" not in first.text.split("State 1 of 2")[1]


@pytest.mark.parametrize("state", ["-1", "99", "x", "²", ""])
def test_a_state_that_is_not_there_is_the_nearest(quick, browser, state):
    quick.hand_in("ada", "open")
    quick.score()
    record_standing(quick.context, phase_of(quick.context, "open"))
    page = browser().page(f"/phases/open/history?state={state}")
    assert "State 1 of 1" in page.text


def test_a_board_without_states_has_a_history_all_the_same(hosted, browser):
    assert "no state yet" in browser().page("/phases/open/history").text


def test_health_says_what_waits(quick, browser, clock):
    quick.hand_in("ada", "open")
    clock.move(minutes=3)
    text = browser().page("/health").text
    assert "Waiting 1" in text
    assert "3 min" in text
