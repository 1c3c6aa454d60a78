"""The board of a phase, as a page."""

import csv
import io
import json

import pytest

from neucobench.server.challenges.desk import announce, close_phase, verify


def names(page):
    """Return the methods of a board's page from top to bottom, hidden ones too."""
    rows = page.of("tr")
    return [row["data-place"] for row in rows if "data-place" in row]


def test_a_board_has_a_row_for_each_team_in_the_order_of_the_ranks(scored, browser):
    page = browser().page("/phases/open")
    assert names(page) == ["1", "2"]
    assert page.text.index("of bob") < page.text.index("of ada")
    for text in ("lovelace", "boole", "16.500", "17.000"):
        assert text in page.text


def test_a_blind_board_shows_nothing_per_task(scored, browser):
    text = browser().get("/phases/blind").text
    assert "task:" not in text
    assert "Biomass" not in text


def test_a_coded_board_shows_code_names_only(scored, browser):
    text = browser().get("/phases/coded").text
    assert "task-01" in text
    assert "Biomass" not in text


def test_sorting_needs_no_script(scored, browser):
    page = browser().page("/phases/open?sort=method")
    assert names(page) == ["2", "1"]
    assert page.of("th", **{"aria-sort": "ascending"})[0]["data-key"] == "method"
    assert names(browser().page("/phases/open?sort=method&order=descending")) == [
        "1",
        "2",
    ]


def test_a_task_can_be_sorted_by_and_back(scored, browser):
    page = browser().page("/phases/open?sort=task:crops&order=ascending")
    assert names(page) == ["2", "1"]
    assert page.of("a", href="?sort=task%3Acrops&order=descending")


def test_finding_needs_no_script(scored, browser):
    page = browser().page("/phases/open?find=LOVE")
    hidden = [row for row in page.of("tr") if "hidden" in row]
    assert [row["data-place"] for row in hidden] == ["1"]
    assert "1 of 2 shown" in page.text


def test_what_is_filtered_for_is_shown_alone(scored, browser):
    own = scored.client("ada").get("/api/v1/submissions").json()
    id_ = next(item["id"] for item in own if item["phase"] == "open")
    verify(scored.context, id_, actor="hana")
    page = browser().page("/phases/open?only=verified")
    assert [row["data-place"] for row in page.of("tr") if "hidden" in row] == ["1"]


def test_the_official_rule_is_marked_and_another_one_is_said_to_be_none(
    scored, browser
):
    assert "Weighted ranks official" in browser().page("/phases/open").text
    other = browser().page("/phases/open?rule=borda")
    assert "Not the official ranking." in other.text
    assert "half a point" in other.text


def test_a_rule_that_needs_what_is_hidden_is_refused(scored, browser):
    assert browser().get("/phases/blind?rule=borda").status_code == 403


def test_an_unknown_rule_is_not_there(scored, browser):
    assert browser().get("/phases/open?rule=coin").status_code == 404


def test_the_page_is_named_and_known_again(scored, browser):
    first = browser().get("/phases/open")
    again = browser().get("/phases/open", **{"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert "cookie" in first.headers["vary"].lower()


def test_a_new_score_is_another_page(scored, browser):
    first = browser().get("/phases/open").headers["etag"]
    scored.hand_in("ada", "open", method="better")
    scored.score([50.0] * 14)
    answer = browser().get("/phases/open", **{"if-none-match": first})
    assert answer.status_code == 200
    assert "better" in answer.text


def test_an_announcement_and_a_closed_phase_are_another_page(scored, browser, clock):
    browser().get("/phases/open")
    announce(scored.context, "quiz", "The prize is a book.", actor="hana")
    assert "The prize is a book." in browser().page("/phases/open").text
    close_phase(scored.context, "open", actor="hana")
    assert "It closed on 4 May 2026" in browser().page("/phases/open").text
    clock.move(days=60)
    assert "It closed on 31 May 2026" in browser().page("/phases/blind").text


def test_a_page_for_who_is_signed_in_is_nobody_elses(scored, browser):
    signed = browser("ada").get("/phases/open")
    assert signed.headers["cache-control"] == "no-store"
    assert 'data-team="lovelace"' in signed.text
    assert "lovelace</bdi>" in signed.text
    assert "data-team" not in browser().get("/phases/open").text


def test_the_theme_is_part_of_the_page(scored, browser):
    visitor = browser()
    visitor.get("/phases/open")
    visitor.client.cookies.set("neucobench_theme", "dark")
    assert '<html lang="en" data-theme="dark">' in visitor.get("/phases/open").text


def test_a_phase_is_found_by_its_challenge_too(scored, browser):
    answer = browser().get("/phases/quiz-open")
    assert answer.headers["location"] == "/phases/open"


def test_an_unknown_phase_says_which_there_are(hosted, browser):
    answer = browser().get("/phases/opne")
    assert answer.status_code == 404
    assert "&#39;open&#39;" in answer.text


def test_an_empty_board_says_so(hosted, browser):
    assert "Nobody is on this board yet" in browser().page("/phases/open").text


def test_the_files_are_those_of_the_board(scored, browser):
    found = browser().get("/phases/open/board.csv?rule=mean-q")
    rows = list(csv.DictReader(io.StringIO(found.text)))
    assert [row["method"] for row in rows] == ["of bob", "of ada"]
    assert "attachment" in found.headers["content-disposition"]
    board = json.loads(browser().get("/phases/blind/board.json").text)
    assert board["entries"][0]["tasks"] == {}


def test_no_formula_leaves_in_a_file(quick, browser):
    quick.hand_in("ada", "open", method="=cmd|' /C calc'!A0")
    quick.score()
    text = browser().get("/phases/open/board.csv").text
    assert "'=cmd" in text
    assert ",=cmd" not in text


def test_hostile_names_are_text(quick, browser, elements, hostile, clock):
    for name in hostile:
        clock.move(seconds=1)
        quick.hand_in("ada", "open", method=name)
        quick.score()
        text = browser().get("/phases/open").text
        page = elements(text)
        assert name in page.text
        assert page.of("img") == []
        assert all("src" in script for script in page.of("script"))


@pytest.mark.parametrize("find", ["<script>", '"><b>', "{{ 7 * 7 }}", "\u202ex"])
def test_a_hostile_search_is_text(scored, browser, find):
    answer = browser().client.get("/phases/open", params={"find": find})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "49" not in answer.text.split('id="find"')[1][:60]
