"""The form that takes a file."""

from neucobench.findings import Finding
from neucobench.server.challenges.desk import close_phase
from neucobench.server.refusals import Rejected
from neucobench.server.web.problem import problem_of


def test_limits_and_what_is_left_stand_before_the_form(quick, browser):
    text = browser("ada").page("/phases/open/submit").text
    for part in ("Submissions left now 1000", "97.7 KiB", "Longest vector 16"):
        assert part in text


def test_a_good_file_leads_to_its_submission(quick, browser, elements):
    visitor = browser("ada")
    answer = visitor.submit("open", quick.csv())
    assert answer.status_code == 303
    page = visitor.page(answer.headers["location"])
    assert "queued next in the queue" in page.text
    assert "999" in visitor.page("/phases/open/submit").text


def test_a_bad_file_is_answered_in_sentences_and_costs_nothing(hosted, browser):
    visitor = browser("ada")
    answer = visitor.submit("open", b"id,0\na,1\n", method="<b>mine</b>")
    assert answer.status_code == 422
    assert "was not accepted, and used no quota" in answer.text
    assert 'role="alert"' in answer.text
    assert 'value="&lt;b&gt;mine&lt;/b&gt;"' in answer.text
    assert "left now 1000" in visitor.page("/phases/open/submit").text


def test_what_the_sentence_says_is_not_listed_again():
    findings = [
        Finding(code=code, level="error", message=message)
        for code, message in (("one", "The first error."), ("two", "The second one."))
    ]
    problem = problem_of(Rejected("Not accepted: The first error.", findings))
    assert [finding.code for finding in problem.more] == ["two"]


def test_the_wrong_kind_of_file_is_a_sentence(hosted, browser):
    answer = browser("ada").submit("open", b"%PDF-1.4", name="paper.pdf")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_file_that_is_too_large_is_a_sentence(hosted, browser):
    answer = browser("ada").submit("open", b"x" * 500_000)
    assert answer.status_code == 413
    assert "100,000" in answer.text


def test_an_upload_needs_a_token_of_the_page(quick, browser):
    answer = browser("ada").submit("open", quick.csv(), csrf="a.b")
    assert answer.status_code == 403
    assert list(quick.context.settings.incoming.iterdir()) == []
    assert browser("ada").page("/submissions").of("th", scope="row") == []


def test_an_upload_needs_a_login(quick, browser):
    answer = browser().submit("open", quick.csv(), page="/login")
    assert answer.status_code == 401


def test_a_private_file_stays_off_the_board(quick, browser):
    browser("ada").submit("open", quick.csv(), public="false", method="hidden one")
    quick.score()
    assert "hidden one" not in browser().get("/phases/open").text
    assert "private" in browser("ada").page("/submissions").text


def test_the_method_card_stands_on_the_methods_page(quick, browser):
    visitor = browser("ada")
    answer = visitor.submit(
        "open", quick.csv(), code="https://example.org", description="Line <1>\nline 2"
    )
    quick.score()
    id_ = answer.headers["location"].rpartition("/")[2]
    text = browser().page(f"/phases/open/methods/{id_}").text
    assert "Line <1> line 2" in text
    assert "https://example.org" in text


def test_a_closed_phase_has_no_form(quick, browser):
    close_phase(quick.context, "open", actor="hana")
    page = browser("ada").page("/phases/open/submit")
    assert page.of("form", id="upload") == []
    assert "Nothing can be handed in now." in page.text


def test_who_has_no_team_is_told_how_to_get_one(hosted, browser):
    page = browser("hana").page("/phases/open/submit")
    assert page.of("input", id="baseline")
    assert browser("ada").page("/phases/open/submit").of("input", id="baseline") == []


def test_only_hosts_enter_baselines(quick, browser):
    assert (
        browser("ada").submit("open", quick.csv(), baseline="true").status_code == 403
    )
    answer = browser("hana").submit("open", quick.csv(), baseline="true")
    assert answer.status_code == 303
