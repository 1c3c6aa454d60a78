"""Who may open which page, and whose forms are acted on."""

import pytest

from neucobench.server.web import pages
from neucobench.server.web.board import pages as board_pages
from neucobench.server.web.desk import acts, desk
from neucobench.server.web.desk import people as desk_people
from neucobench.server.web.entries import submissions, submitting
from neucobench.server.web.people import account, entering

UPLOAD = "/phases/{key}/submit"
VALUES = {
    "key": "open",
    "name": "quiz",
    "number": "1",
    "secret": "x" * 43,
}


PARTS = (
    account,
    acts,
    board_pages,
    desk,
    desk_people,
    entering,
    pages,
    submissions,
    submitting,
)


def routes(method):
    """Return the addresses of all pages, or of all forms."""
    found = [
        route.path
        for part in PARTS
        for route in part.router.routes
        if method in route.methods
    ]
    assert len(found) > 10
    return found


FORMS = [path for path in routes("POST") if path != UPLOAD]
DESK = [path for path in [*routes("GET"), *FORMS] if path.startswith("/host")]
OWN = ("/submissions", "/account", "/phases/{key}/submit")


@pytest.mark.parametrize("name", [None, "ada", "root"])
def test_no_form_is_acted_on_without_a_token(hosted, browser, name):
    visitor = browser(name).client
    answers = {
        path: visitor.post(path.format(**VALUES), data={"csrf": "a.b"}).status_code
        for path in FORMS
    }
    refused = {403} if name else {401, 403}
    assert {path: code for path, code in answers.items() if code not in refused} == {}


def test_no_form_is_acted_on_with_another_visitors_token(hosted, browser):
    token = browser("bob").token("/account")
    visitor = browser("root").client
    answers = {
        path: visitor.post(path.format(**VALUES), data={"csrf": token}).status_code
        for path in FORMS
    }
    assert set(answers.values()) == {403}


def test_a_form_of_another_kind_is_refused(hosted, browser):
    answer = browser("ada").client.post("/logout", json={"csrf": "x"})
    assert answer.status_code == 403


def test_a_large_form_is_refused(hosted, browser):
    visitor = browser("ada")
    answer = visitor.post("/account/tokens", "/account", label="x" * 100_000)
    assert answer.status_code == 413


def test_the_desk_is_for_hosts(hosted, browser):
    visitor = browser("ada")
    data = {"csrf": visitor.token("/account")}
    for path in DESK:
        address = path.format(**VALUES)
        answer = visitor.get(address)
        if path in FORMS:
            answer = visitor.client.post(address, data=data)
        assert answer.status_code == 403, path
        assert "hosts and admins" in answer.text, path


def test_who_is_not_signed_in_is_led_to_the_login(hosted, browser):
    visitor = browser()
    for path in DESK:
        if path not in FORMS:
            answer = visitor.get(path.format(**VALUES))
            assert answer.headers["location"].startswith("/login?next=%2Fhost"), path


@pytest.mark.parametrize("path", OWN)
def test_ones_own_pages_need_a_login(hosted, browser, path):
    answer = browser().get(path.format(**VALUES))
    assert answer.headers["location"].startswith("/login?next=")


def test_a_wrong_token_in_the_header_is_a_page_too(hosted, browser):
    answer = browser().client.post(
        "/logout", headers={"authorization": "Bearer nb_wrong"}, data={}
    )
    assert answer.status_code in (401, 403)
    assert "<main" in answer.text


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "x"]
)
def test_no_link_leads_elsewhere(hosted, browser, address):
    answer = browser().client.get("/theme", params={"to": "dark", "back": address})
    assert answer.headers["location"] == "/"
    page = browser().client.get("/login", params={"next": address})
    assert 'name="next" value="/"' in page.text


def test_a_theme_is_remembered(hosted, browser):
    visitor = browser()
    visitor.get("/theme?to=dark&back=/health")
    assert 'data-theme="dark"' in visitor.get("/health").text
    visitor.get("/theme?to=system&back=/health")
    assert "data-theme=" not in visitor.get("/health").text.split("<head>")[0]
