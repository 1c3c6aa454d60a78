"""A team's own submissions."""

import pytest

from neucobench.server.submissions.queue import claim, fail


@pytest.fixture
def entry(quick):
    """Return the number of a public submission of ada's, in a phase of one's choice."""

    def make(phase="open", *, score=True, **fields):
        id_ = quick.hand_in("ada", phase, **fields).json()["id"]
        if score:
            quick.score()
        return id_

    return make


def test_each_submission_says_where_it_stands(quick, entry, browser):
    entry(method="done")
    entry(method="waits", score=False)
    entry(method="waits longer", score=False)
    text = browser("ben").page("/submissions").text
    for part in ("scored", "next in the queue", "number 2 in the queue", "16.500"):
        assert part in text


def test_the_list_looks_again_only_while_something_waits(quick, entry, browser):
    entry()
    assert browser("ada").page("/submissions").of("div", id="live")[0].keys() == {
        "id",
        "aria-live",
    }
    entry(score=False)
    page = browser("ada").page("/submissions")
    assert "data-unfinished" in page.of("div", id="live")[0]
    assert "Look again" in page.text


def test_a_failure_is_a_sentence_and_the_rest_is_for_hosts(quick, entry, browser):
    id_ = entry(score=False)
    fail(quick.context, claim(quick.context), message="Too bad.", host_message="Why.")
    own = browser("ada").page(f"/submissions/{id_}").text
    assert "Too bad." in own
    assert "Why." not in own
    assert "Why." in browser("hana").page(f"/submissions/{id_}").text


def test_a_blind_phase_shows_its_own_team_a_mean_only(quick, entry, browser):
    text = browser("ada").page(f"/submissions/{entry('blind')}").text
    assert "16.500" in text
    assert "Scores per task" not in text


@pytest.mark.parametrize("name", [None, "bob"])
def test_a_private_submission_is_as_one_that_is_not_there(
    quick, entry, browser, elements, name
):
    id_ = entry(public="false")
    hidden = browser(name).get(f"/submissions/{id_}")
    unknown = browser(name).get(f"/submissions/{'0' * 32}")
    assert hidden.status_code == unknown.status_code == 404
    pages = [elements(answer.text).text for answer in (hidden, unknown)]
    assert pages[0] == pages[1]


def test_another_team_does_not_see_the_file(quick, entry, browser):
    text = browser("bob").page(f"/submissions/{entry()}").text
    assert "mine.csv" not in text
    assert "Withdraw this submission" not in text


def test_withdrawing_hides(quick, entry, browser):
    id_ = entry(method="gone")
    page = f"/submissions/{id_}"
    answer = browser("ada").post(f"{page}/withdraw", page)
    assert answer.headers["location"] == page
    assert "withdrawn" in browser("ada").page(page).text
    assert "gone" not in browser().get("/phases/open").text
    assert browser().get(page).status_code == 404


def test_another_team_cannot_withdraw(quick, entry, browser):
    id_ = entry()
    answer = browser("bob").post(f"/submissions/{id_}/withdraw", "/account")
    assert answer.status_code == 403
    assert "scored" in browser("ada").page(f"/submissions/{id_}").text


def test_where_nothing_is_chosen_there_is_no_choice(quick, entry, browser):
    id_ = entry()
    assert "Choose" not in browser("ada").get("/submissions").text
    answer = browser("ada").post(f"/submissions/{id_}/choose", "/account")
    assert answer.status_code == 409
